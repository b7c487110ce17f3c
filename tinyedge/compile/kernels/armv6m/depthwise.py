"""DEPTHWISE_CONV_2D: channel by channel from planes of pairs, two outputs a multiplication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import limbs
from tinyedge.compile.kernels.armv6m import stream
from tinyedge.compile.kernels.axes import Axis, axes
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.lanes import fits
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant, Instance

Ends = tuple[int, ...]

#: TE_V6M_DEPTHWISE_KERNELS of armv6m.h; taps whose widened weights the code can address
_KERNELS, _TAPS = 16, 31
#: into how many groups taps may be cut: each is code of its own
MANY, FEW = tuple(range(1, 10)), (1, 2, 3, 5)


@dataclass(frozen=True, eq=False)
class Depthwise(Layer):
    """One layer. ``along``: the axis of which two outputs are computed at a time.

    ``down``: the other one. ``filters`` [channels, taps] have the taps along the first together.
    """

    params: DepthwiseConv2D
    along: Axis
    down: Axis
    filters: NDArray[np.int8]
    fit: limbs.Fit
    numbers: tuple[int, ...]

    @property
    def channels(self) -> int:
        """Channels of input and output."""
        return int(self.filters.shape[0])

    @property
    def taps(self) -> int:
        """Taps of a window."""
        return int(self.filters.shape[1])

    @property
    def turns(self) -> int:
        """Pairs of outputs of a row."""
        return -(-self.along.outputs // 2)

    @property
    def read(self) -> int:
        """Pairs of a row that windows read."""
        return 2 * self.along.stride * (self.turns - 1) + self.along.taps

    @property
    def columns(self) -> int:
        """Inputs of a row that windows read."""
        return min(self.along.inputs, self.read + self.along.stride - self.along.padding)

    @property
    def first(self) -> int:
        """Inputs of a row read before its first pair is whole."""
        return max(0, self.along.stride - self.along.padding)

    @property
    def before(self) -> int:
        """Pairs of a row that are all padding, before the first that is not."""
        return max(0, self.along.padding - self.along.stride)

    @property
    def pitch(self) -> int:
        """Words of a plane's row: what is read and what is written."""
        written = self.before + self.columns - self.first + self.along.stride
        return max(self.read, written)

    @property
    def rows(self) -> int:
        """Rows of inputs that windows read."""
        return min(self.down.inputs, self.plane_rows - self.down.padding)

    @property
    def plane_rows(self) -> int:
        """Rows of a plane."""
        return (self.down.outputs - 1) * self.down.stride + self.down.taps

    @property
    def plane_words(self) -> int:
        """Words of a plane."""
        return self.plane_rows * self.pitch

    @property
    def stage_words(self) -> int:
        """Words of a channel's requantization."""
        return int(self._stages().shape[1])

    @property
    def scratch_bytes(self) -> int:
        return 4 * (self.taps + self.stage_words + self.plane_words)

    @property
    def align(self) -> int:
        """A channel is written over that channel alone, which then has been read."""
        return self.channels

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        return 0, 0

    @cached_property
    def ends(self) -> list[Ends]:
        """For each channel, the numbers of its groups' last taps."""
        choices = groupings(self.taps, self.numbers)
        return [next(e for e in choices if _grouped(taps, e)) for taps in self.filters.astype(int)]

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise.S and depthwise.c."""
        groups = sum(len(ends) for ends in self.ends)
        pairs = self.rows * (42 + self.columns * (5 if self.along.stride == 1 else 7))
        turn = 8 + 4 * self.taps + 2 * self.down.taps + 2 * stream.stage_instructions(self.fit)
        row = 16 + self.turns * turn
        channel = 190 + 6 * self.taps + 6 * self.stage_words + pairs + self.down.outputs * row
        per_group = 5 * self.down.outputs * self.turns
        return 100 + 4 * self.plane_words + self.channels * channel + per_group * groups

    def _kernel(self, ends: Ends) -> Instance:
        return instance(
            "te_v6m_depthwise_2",
            "te_v6m_depthwise_kernel",
            rows=self.down.taps,
            taps=self.along.taps,
            ends=sum(1 << tap for tap in ends),
            odd=self.along.outputs % 2,
            **stream.stage_arguments(self.fit),
        )

    def _stages(self) -> NDArray[np.int64]:
        """[channels, words]: as depthwise.S loads them."""
        fit, parts = self.fit, self.fit.limbs()
        if len(parts) == 2:
            rows = [parts[0], fit.constants, parts[1], fit.shifts]
        else:
            rows = [parts[1], parts[0], parts[2], fit.shifts, fit.constants]
            rows += [fit.below, fit.negatives] * fit.signed
        return np.stack(rows, axis=1)

    def _stream(self, kinds: list[Ends]) -> NDArray[np.uint32]:
        weights = np.pad(self.filters, [(0, 0), (0, -self.taps % 4)])
        words = np.ascontiguousarray(weights).view(np.uint32)
        numbers = np.array([[kinds.index(ends)] for ends in self.ends], np.uint32)
        stages = self._stages().astype(np.uint32)
        return np.concatenate([numbers, stages, words], axis=1)

    def fields(self) -> Fields:
        """The members of ``te_v6m_depthwise_params``."""
        kinds = sorted(set(self.ends), key=lambda ends: (len(ends), ends))
        packed = self._stream(kinds)
        stride = self.along.stride
        pairs = instance("te_v6m_pairs", "te_v6m_pairer", stride=stride)
        kernels = [(f"kernels[{i}]", self._kernel(ends)) for i, ends in enumerate(kinds)]
        return (
            ("pairs", pairs),
            *kernels,
            ("stream", Constant("stream", packed)),
            *self._pairs_fields(),
            *self._run_fields(),
            ("plane_words", self.plane_words),
            ("first_word", self.down.padding * self.pitch + self.before),
            ("channels", self.channels),
            ("channel_words", packed.shape[1]),
            ("taps", self.taps),
            ("stage_words", self.stage_words),
        )

    def _pairs_fields(self) -> Fields:
        along = self.along
        looped = self.columns - self.first
        written = looped + along.stride
        values = {
            "padding": self.params.input_zero_point,
            "loop_bytes": looped // 2 * 2 * along.input_step,
            "step": along.input_step,
            "rows": self.rows,
            "first": self.first,
            "odd": looped % 2,
            "from_skip": self.down.input_step - self.columns * along.input_step,
            "to_skip": 4 * (self.pitch - written),
        }
        return tuple((f"pairs_run.{name}", value) for name, value in values.items())

    def _run_fields(self) -> Fields:
        along, down = self.along, self.down
        pitch, window = 4 * self.pitch, (down.taps - 1) * 4 * self.pitch + 4 * along.taps
        values = {
            "step": along.output_step,
            "window_skip": 8 * along.stride - window,
            "row_step": pitch - 4 * along.taps,
            "length": along.outputs * along.output_step,
            "pair_skip": down.stride * pitch - self.turns * 8 * along.stride,
            "output_skip": down.output_step - along.outputs * along.output_step,
            "rows": down.outputs,
            "low": self.fit.low,
            "high": self.fit.high,
        }
        return tuple((f"run.{name}", value) for name, value in values.items())


def groupings(taps: int, numbers: Sequence[int]) -> list[Ends]:
    """Ways to group taps, few groups first: so many groups of equal size.

    The larger ones come first or, if all numbers of groups are wanted, last.
    """
    found: dict[Ends, None] = {}
    for number in sorted({min(number, taps) for number in numbers}):
        sizes = [taps // number + (i < taps % number) for i in range(number)]
        found[_ends(sizes)] = None
        if len(numbers) > len(FEW):
            found[_ends(sizes[::-1])] = None
    # each tap on its own always fits
    return [*list(found)[: _KERNELS - 1], _ends([1] * taps)]


def _ends(sizes: list[int]) -> Ends:
    return tuple(int(end) - 1 for end in np.cumsum(sizes))


def _grouped(taps: NDArray[np.int64], ends: Ends) -> bool:
    return all(fits(part) for part in np.split(taps, [end + 1 for end in ends[:-1]]))


def plan(params: DepthwiseConv2D, numbers: tuple[int, ...]) -> Depthwise | None:
    """The layer, its taps in some of so many groups, or None where it would not be exact."""
    rows, columns, channels = params.filter.shape
    if params.input_shape[0] != 1 or params.depth_multiplier != 1 or params.dilation != (1, 1):
        return None
    if rows * columns > _TAPS:
        return None
    filters = np.moveaxis(params.filter, 2, 0)
    flat = filters.reshape(channels, -1)
    fit = limbs.search(
        flat, params.bias, params.input_zero_point, params.requant, stream.NARROW + stream.WIDE
    )
    if fit is None:
        return None
    down, along = axes(params)
    upright = Depthwise(params, along, down, np.ascontiguousarray(flat), fit, numbers)
    turned = filters.swapaxes(1, 2).reshape(channels, -1)
    flat_lying = Depthwise(params, down, along, np.ascontiguousarray(turned), fit, numbers)
    possible = [layer for layer in (upright, flat_lying) if _fits(layer)]
    return min(possible, key=lambda layer: layer.instructions, default=None)


def _fits(layer: Depthwise) -> bool:
    """Whether the code knows the stride, and rows are long enough for it."""
    enough = layer.columns >= layer.first and layer.rows > 0
    return layer.along.stride in {1, 2} and enough and layer.plane_words <= 0xFFFF
