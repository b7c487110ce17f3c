"""DEPTHWISE_CONV_2D 3x3: four channels at a time, transposed to planes of 16-bit lanes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.kernels.armv7em.instances import instance
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant, FieldValue, Instance

_SCALE_BITS = 7
_CHOICES = tuple((_SCALE_BITS, shift) for shift in range(15, 5, -1))
_WINDOW = 3
#: the kernels' offsets into a plane are immediates of LDRD
_MAX_OFFSET = 1020


@dataclass(frozen=True, eq=False)
class Depthwise:
    """One layer.

    ``chunk``: output rows computed from one filling of the planes, whose height it sets;
    ``pairs``: pairs of outputs a turn of the inner loop.
    """

    params: DepthwiseConv2D
    fits: tuple[requantize.Fit, ...]
    part: NDArray[np.int64]
    chunk: int
    pairs: int

    @property
    def stride(self) -> int:
        """Of both axes."""
        return self.params.stride[0]

    @property
    def width(self) -> int:
        """Outputs a row."""
        return self.params.output_shape[2]

    @property
    def turns(self) -> int:
        """Turns of the inner loop a row."""
        return self.width // 2 // self.pairs

    @property
    def pitch(self) -> int:
        """Bytes of a plane's row: what is written, and what the last pair reads."""
        written = -(-(self.params.padding[1] + self.params.input_shape[2]) // 2)
        read = -(-self.width // 2) + 1 if self.stride == 1 else self.width + 1
        return 4 * max(written, read)

    @property
    def plane_rows(self) -> int:
        """Rows of a plane."""
        return (self.chunk - 1) * self.stride + _WINDOW

    @property
    def scratch_bytes(self) -> int:
        """Four planes."""
        return 4 * self.plane_rows * self.pitch

    @property
    def in_place(self) -> bool:
        """Whether the output may be the input: not where the last four channels repeat some."""
        return self.params.output_shape[3] % 4 == 0

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise.S."""
        _, height, width, channels = self.params.output_shape
        _, input_height, input_width, _ = self.params.input_shape
        chunks = -(-height // self.chunk)
        pair = (23 if self.stride == 1 else 29) + 4 * self.signed + 8 * self.fits[0].clamp
        row = width // 2 * pair + width % 2 * 20 + 5 + 4 * (self.turns > 1) * (self.turns + 1)
        channel = height * row + 75 * chunks
        moved = (chunks - 1) * (_WINDOW - self.stride) * self.pitch * 3
        group = input_height * (12 + input_width * 8) + moved + 100 * chunks
        return 4 * self.scratch_bytes // 4 + -(-channels // 4) * (4 * channel + group)

    @property
    def channel_words(self) -> int:
        """Words of a channel in the stream."""
        return 7 if self.signed else 6

    @property
    def signed(self) -> bool:
        """Whether any channel needs the correction for negative sums."""
        return any(fit.signed for fit in self.fits)

    @property
    def kernels(self) -> tuple[Instance, ...]:
        """One instantiation for each of the fits."""
        return tuple(
            instance(
                "te_depthwise_3x3",
                "te_depthwise_kernel",
                stride=self.stride,
                pitch=self.pitch,
                pairs=self.pairs,
                loop=int(self.turns > 1),
                single=self.width % 2,
                shift=fit.shift,
                signed=int(self.signed),
                limit=int(fit.clamp),
            )
            for fit in self.fits
        )

    def stream(self) -> NDArray[np.uint32]:
        """For each channel: three rows of weights, multiplier, initial value, constant[, D]."""
        q = self.params
        weights = q.filter.astype(np.int64).reshape(_WINDOW * _WINDOW, -1)
        rows = weights.reshape(_WINDOW, _WINDOW, -1) & 0xFF
        words = [row[0] | row[1] << 8 | row[2] << 16 for row in rows]
        words[0] |= self.part << 24
        fit = _chosen(self.fits, self.part)
        bias = q.bias - (q.input_zero_point + 128) * weights.sum(axis=0) - fit.offsets
        words += [fit.multipliers, bias << _SCALE_BITS, fit.constants]
        words += [fit.negatives] if self.signed else []
        return np.stack(words, axis=1).astype(np.uint64).astype(np.uint32)

    def fields(self) -> tuple[tuple[str, FieldValue], ...]:
        """The members of ``te_v7em_depthwise_params``."""
        q = self.params
        kernels = tuple((f"kernels[{i}]", kernel) for i, kernel in enumerate(self.kernels))
        turned = 4 * self.stride * self.pairs * self.turns if self.turns > 1 else 0
        return (
            *kernels,
            ("transpose", instance("te_transpose_4", "te_transpose")),
            ("stream", Constant("stream", self.stream())),
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.output_shape[3]),
            ("chunk", self.chunk),
            ("pitch", self.pitch),
            ("skip", self.stride * self.pitch - turned),
            ("turn_outputs", 2 * self.pairs * self.turns),
            ("channel_words", self.channel_words),
            ("window", _WINDOW),
            ("stride", self.stride),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero", q.input_zero_point + 128),
            ("low", self.fits[0].low),
            ("high", self.fits[0].high),
        )


def plan(params: DepthwiseConv2D, chunk: int, pairs: int) -> Depthwise | None:
    """The layer with these choices, or None where this kernel cannot compute it exactly.

    ``pairs`` is lowered to a divisor of the pairs in a row.
    """
    height, width, channels = params.filter.shape
    inner = params.input_shape[2] - params.padding[1]
    shape_fits = (
        (height, width) == (_WINDOW, _WINDOW)
        and params.input_shape[0] == 1
        and params.depth_multiplier == 1
        and params.dilation == (1, 1)
        and params.stride in {(1, 1), (2, 2)}
        and max(params.padding) <= 1
        and min(inner, params.output_shape[2]) >= 2
        and channels >= 4
    )
    if not shape_fits:
        return None
    found = _fits(params)
    if found is None:
        return None
    whole = params.output_shape[2] // 2
    pairs = max(n for n in range(1, min(pairs, whole) + 1) if whole % n == 0)
    layer = Depthwise(params, *found, min(chunk, params.output_shape[1]), pairs)
    reach = 2 * layer.pitch + 4 * layer.stride * (pairs + 1)
    return layer if reach <= _MAX_OFFSET else None


@cache
def _fits(
    params: DepthwiseConv2D,
) -> tuple[tuple[requantize.Fit, ...], NDArray[np.int64]] | None:
    filters = np.moveaxis(params.filter, 2, 0).reshape(params.filter.shape[2], -1)
    low, high = bounds.totals(filters, params.bias, params.input_zero_point)
    return requantize.partition(params.requant, low, high, _CHOICES, parts=2)


def _chosen(fits: tuple[requantize.Fit, ...], part: NDArray[np.int64]) -> requantize.Fit:
    """One fit that holds each channel's values of the fit it takes."""

    def pick(name: str) -> NDArray[np.int64]:
        values: NDArray[np.int64] = np.choose(part, [getattr(fit, name) for fit in fits])
        return values

    return replace(
        fits[0],
        multipliers=pick("multipliers"),
        constants=pick("constants"),
        negatives=pick("negatives"),
        offsets=pick("offsets"),
    )
