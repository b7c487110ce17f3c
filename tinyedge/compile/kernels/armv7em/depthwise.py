"""DEPTHWISE_CONV_2D: four channels at a time, transposed to planes of 16-bit lanes."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.kernels.armv7em.depthwise_views import transposed, undilated, upright
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant, Instance

_SCALE_BITS = 7
#: shifts that most layers can take come first, so that layers share one instance
_CHOICES = tuple((_SCALE_BITS, shift) for shift in (10, 11, 9, 12, 13, 8, 14, 15, 7, 6))
GROUP = 4
#: the 3x3 kernel's offsets into a plane are immediates of LDRD
_MAX_OFFSET = 1020


@dataclass(frozen=True, eq=False)
class Depthwise(Layer):
    """One layer. ``fits`` are at most two, ``part`` says which of them each channel takes.

    ``chunk``: output rows computed from one filling of the planes, whose height it sets. ``params``
    may be transposed.
    """

    params: DepthwiseConv2D
    fits: tuple[requantize.Fit, ...]
    part: NDArray[np.int64]
    chunk: int

    @property
    @abstractmethod
    def reach(self) -> int:
        """Words of a plane's row that are read."""

    @property
    @abstractmethod
    def select(self) -> int:
        """By how much a channel's first word is shifted to give its part."""

    @property
    @abstractmethod
    def words(self) -> NDArray[np.int64]:
        """[channels, words]: the stream."""

    @abstractmethod
    def kernel(self, fit: requantize.Fit) -> Instance:
        """The instantiation for that fit."""

    @property
    @abstractmethod
    def turns(self) -> tuple[int, int]:
        """Bytes of the plane, and outputs, that the turns of a row advance."""

    @property
    @abstractmethod
    def channel_instructions(self) -> int:
        """Estimated instructions for one channel of one chunk."""

    @property
    def stride(self) -> tuple[int, int]:
        """Vertical and horizontal."""
        return self.params.stride

    @property
    def width(self) -> int:
        """Outputs a row."""
        return self.params.output_shape[2]

    @property
    def pitch(self) -> int:
        """Bytes of a plane's row: what is written and what is read."""
        left = self.params.padding[1]
        written = left // 2 + -(-(left % 2 + self.params.input_shape[2]) // 2)
        return 4 * max(written, self.reach)

    @property
    def plane_rows(self) -> int:
        """Rows of a plane."""
        return (self.chunk - 1) * self.stride[0] + int(self.params.filter.shape[0])

    @property
    def scratch_bytes(self) -> int:
        """Four planes."""
        return GROUP * self.plane_rows * self.pitch

    @property
    def in_place(self) -> bool:
        """Whether the output may be the input: not where channels are read more than once."""
        return self.params.output_shape[3] % GROUP == 0 and not self.repeats

    @property
    def align(self) -> int:
        """In place, a pixel's bytes keep their place."""
        return self.params.output_shape[3] if self.in_place else 1

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`."""
        return 0 if self.in_place else math.prod(self.params.output_shape), input_bytes

    @property
    def swapped(self) -> bool:
        """Whether rows here are columns of the tensors."""
        return False

    @property
    def repeats(self) -> bool:
        """Whether output channels share input channels."""
        return self.params.depth_multiplier > 1

    @property
    def _transpose(self) -> str:
        return "te_transpose_repeat" if self.repeats else "te_transpose_4"

    @property
    def signed(self) -> bool:
        """Whether any channel needs the correction for negative sums."""
        return any(fit.signed for fit in self.fits)

    @property
    def fit(self) -> requantize.Fit:
        """Each channel's values of the fit that it takes."""

        def pick(name: str) -> NDArray[np.int64]:
            values: NDArray[np.int64] = np.choose(
                self.part, [getattr(fit, name) for fit in self.fits]
            )
            return values

        return replace(
            self.fits[0],
            multipliers=pick("multipliers"),
            constants=pick("constants"),
            negatives=pick("negatives"),
            offsets=pick("offsets"),
        )

    def window_words(self, tags: NDArray[np.int64]) -> NDArray[np.int64]:
        """The stream of a 3x3 window.

        Three rows of weights (3 bytes each, the tag above the first), multiplier, initial value,
        constant[, negative].
        """
        taps = self.params.filter.astype(np.int64) & 0xFF
        rows = [row[0] | row[1] << 8 | row[2] << 16 for row in taps]
        rows[0] |= tags << 24
        values = [*rows, self.fit.multipliers, self.initial, self.fit.constants]
        return np.stack([*values, *([self.fit.negatives] if self.signed else [])], axis=1)

    @property
    def initial(self) -> NDArray[np.int64]:
        """What the sums start from: the bias with the input's zero point folded in, scaled."""
        q = self.params
        sums = q.filter.astype(np.int64).sum(axis=(0, 1))
        bias: NDArray[np.int64] = q.bias - (q.input_zero_point + 128) * sums - self.fit.offsets
        return bias << _SCALE_BITS

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise.S and depthwise.c."""
        _, height, _, channels = self.params.output_shape
        _, rows, width, _ = self.params.input_shape
        chunks = -(-height // self.chunk)
        kept = max(0, int(self.params.filter.shape[0]) - self.stride[0])
        moved = (chunks - 1) * kept * self.pitch * 3
        load = 60 + 16 * width if self.repeats else 14 + 8 * width
        group = rows * load + moved + 100 * chunks
        group += GROUP * chunks * self.channel_instructions
        return self.scratch_bytes + -(-channels // GROUP) * group

    def fields(self) -> Fields:
        """The members of ``te_v7em_depthwise_params``."""
        q = self.params
        kernels = tuple((f"kernels[{i}]", self.kernel(fit)) for i, fit in enumerate(self.fits))
        advance, outputs = self.turns
        words = self.words
        stream = words.astype(np.uint64).astype(np.uint32)
        return (
            *kernels,
            ("transpose", instance(self._transpose, "te_transpose")),
            ("stream", Constant("stream", stream)),
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", self.width),
            ("channels", q.output_shape[3]),
            ("multiplier", q.depth_multiplier),
            ("chunk", self.chunk),
            ("pitch", self.pitch),
            ("skip", self.stride[0] * self.pitch - advance),
            ("turn_outputs", outputs),
            ("channel_words", words.shape[1]),
            ("window", int(q.filter.shape[0])),
            ("stride", self.stride[0]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("select", self.select),
            ("zero", q.input_zero_point + 128),
            ("low", self.fits[0].low),
            ("high", self.fits[0].high),
            ("swapped", int(self.swapped)),
        )


@dataclass(frozen=True, eq=False)
class Window3x3(Depthwise):
    """3x3, its weights in registers. ``pairs``: pairs of outputs a turn of the inner loop."""

    pairs: int
    columns: bool

    @property
    def swapped(self) -> bool:
        return self.columns

    @property
    def _rounds(self) -> int:
        return self.width // 2 // self.pairs

    @property
    def reach(self) -> int:
        return -(-self.width // 2) + 1 if self.stride[1] == 1 else self.width + 1

    @property
    def select(self) -> int:
        return 24

    @property
    def turns(self) -> tuple[int, int]:
        if self._rounds == 1:
            return 0, 0
        return 4 * self.stride[1] * self.pairs * self._rounds, 2 * self.pairs * self._rounds

    @property
    def words(self) -> NDArray[np.int64]:
        return self.window_words(self.part)

    def kernel(self, fit: requantize.Fit) -> Instance:
        return instance(
            "te_depthwise_3x3",
            "te_depthwise_kernel",
            stride=self.stride[1],
            pitch=self.pitch,
            pairs=self.pairs,
            loop=int(self._rounds > 1),
            single=self.width % 2,
            gap=int(self.swapped),
            shift=fit.shift,
            signed=int(self.signed),
            limit=int(fit.clamp),
        )

    @property
    def channel_instructions(self) -> int:
        pair = (23 if self.stride[1] == 1 else 29) + 4 * self.signed + 8 * self.fits[0].clamp
        turn = 4 * (self._rounds > 1) * (self._rounds + 1)
        row = self.width // 2 * pair + self.width % 2 * 20 + 5 + 3 * self.swapped + turn
        return self.chunk * row + 75


@dataclass(frozen=True, eq=False)
class AnyWindow(Depthwise):
    """Any window: four outputs at a time, the weights read from the stream again for each."""

    @property
    def _taps(self) -> int:
        return int(self.params.filter.shape[1])

    @property
    def _blocks(self) -> int:
        return -(-self.width // 4)

    @property
    def reach(self) -> int:
        behind = (self._taps + 1) // 2 + 1 + self.stride[1]
        return (self._blocks - 1) * 2 * self.stride[1] + max(4, behind)

    @property
    def select(self) -> int:
        return 31

    @property
    def turns(self) -> tuple[int, int]:
        return 0, 0

    @property
    def words(self) -> NDArray[np.int64]:
        """multiplier, initial value, constant[, negative], then the taps, four a word."""
        rows, taps, channels = self.params.filter.shape
        filled = np.pad(self.params.filter.astype(np.int64), [(0, 0), (0, -taps % 4), (0, 0)])
        parts = (filled & 0xFF).reshape(rows, -1, 4, channels)
        weights = parts[:, :, 0] | parts[:, :, 2] << 8 | parts[:, :, 1] << 16 | parts[:, :, 3] << 24
        head = [self.fit.multipliers | self.part << 31, self.initial, self.fit.constants]
        head += [self.fit.negatives] if self.signed else []
        return np.concatenate([np.stack(head), weights.reshape(-1, channels)]).T

    def kernel(self, fit: requantize.Fit) -> Instance:
        return instance(
            "te_depthwise_any",
            "te_depthwise_kernel",
            rows=int(self.params.filter.shape[0]),
            taps=self._taps,
            stride=self.stride[1],
            shift=fit.shift,
            signed=int(self.signed),
            limit=int(fit.clamp),
        )

    @property
    def channel_instructions(self) -> int:
        rows = int(self.params.filter.shape[0])
        taps = (5 if self.stride[1] == 2 else 7) * self._taps // 2 + 2 + self._taps // 2
        block = rows * (taps + 8 * (rows > 1)) + 24 + 8 * self.signed + 14 * self.fits[0].clamp
        return self.chunk * (self._blocks * block + 12) + 65


def window_3x3(
    params: DepthwiseConv2D, chunk: int, pairs: int, *, columns: bool = False
) -> Window3x3 | None:
    """The layer with these choices, or None where this kernel cannot compute it exactly.

    ``pairs`` is lowered to a divisor of the pairs in a row. ``columns``: columns take the place of
    rows, all at once: for tensors that are higher than wide.
    """
    if columns:
        if params.output_shape[2] > chunk or params.depth_multiplier > 1:
            return None
        params = transposed(params)
    if not is_3x3(params) or (found := fits(params)) is None:
        return None
    whole = params.output_shape[2] // 2
    pairs = max(n for n in range(1, min(pairs, whole) + 1) if whole % n == 0)
    layer = Window3x3(params, *found, min(chunk, params.output_shape[1]), pairs, columns)
    last = 2 * layer.pitch + 4 * layer.stride[1] * (pairs + 1)
    return layer if last <= _MAX_OFFSET else None


def is_3x3(params: DepthwiseConv2D) -> bool:
    """Whether the kernels of a 3x3 window take the layer's shape."""
    inner = params.input_shape[2] - params.padding[1]
    return (
        params.filter.shape[:2] == (3, 3)
        and params.stride in {(1, 1), (2, 2)}
        and max(params.padding) <= 1
        and min(inner, params.output_shape[2]) >= 2
    )


def any_window(params: DepthwiseConv2D, chunk: int) -> AnyWindow | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    params = undilated(upright(params))
    if params.stride[1] > 2 or params.stride[0] > params.filter.shape[0]:
        return None
    if params.input_shape[2] - params.padding[1] % 2 < 2 or (found := fits(params)) is None:
        return None
    return AnyWindow(params, *found, min(chunk, params.output_shape[1]))


@cache
def fits(
    params: DepthwiseConv2D,
) -> tuple[tuple[requantize.Fit, ...], NDArray[np.int64]] | None:
    """Fits of all channels, for layers of the shapes that all kernels here need."""
    channels = int(params.filter.shape[2])
    if params.input_shape[0] != 1 or params.dilation != (1, 1):
        return None
    if channels < GROUP:
        return None
    filters = np.moveaxis(params.filter, 2, 0).reshape(channels, -1)
    low, high = bounds.totals(filters, params.bias, params.input_zero_point)
    return requantize.partition(params.requant, low, high, _CHOICES, parts=2)
