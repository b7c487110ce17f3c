"""CONV_2D 3x3 with stride 1 by Winograd's F(4x4, 3x3): see winograd4.py, winograd.c, winograd.S."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels import stage, winograd4
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import BLOCK, Fields, round_up
from tinyedge.compile.kernels.tuned import Layer, Tuned
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant

#: tiles whose products with four output channels are summed up at a time
GROUP = 4
#: bytes of a group's transformed inputs, or of four channels' filters, for each input channel
_LANES = 2 * GROUP * winograd4.PATCH**2
#: bytes of a group's sums for four output channels, and of a row of padding for each input channel
_SUMS, _PADDING = 4 * GROUP * BLOCK * winograd4.PATCH**2, GROUP * winograd4.TILE + 2
#: what begins the sum of one position, an output's value takes so many times
_TAKEN = 16


@dataclass(frozen=True, eq=False)
class Winograd(Layer):
    """One layer. ``groups``: those of four tiles whose inputs are transformed at a time.

    For every so many groups, the filters of all channels are transformed again.
    """

    params: Conv2D
    stage: stage.Stage
    groups: int

    @property
    def _input_channels(self) -> int:
        return self.params.input_shape[3]

    @property
    def _filled(self) -> int:
        """Input channels, filled up to a multiple of four."""
        return round_up(self._input_channels, BLOCK)

    @property
    def scratch_bytes(self) -> int:
        """Transformed inputs and filters, sums, padding: as winograd.h says."""
        lanes = (self.groups + 1) * _LANES * self._filled
        return lanes + _SUMS + round_up(_PADDING * self._input_channels, 4)

    @property
    def instructions(self) -> int:
        """Estimated instructions: see winograd.c and winograd.S."""
        rows, across = winograd4.tiles(self.params)
        tiles, quads = rows * across, self._filled // BLOCK
        channels = self.params.output_shape[3]
        blocks, groups = -(-channels // BLOCK), -(-tiles // GROUP)
        columns = winograd4.TILE + 2 / min(GROUP, across)
        column = 88 + (0 if self._filled == self._input_channels else 130)
        inputs = tiles * (quads * (column * columns + 500) + 60)
        filters = blocks * quads * 1600 * -(-groups // self.groups)
        products = groups * blocks * (36 * (166 * quads + 6) + 70)
        outputs = tiles * (channels * 380 + blocks * 100)
        return int(300 + inputs + filters + products + outputs)

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of ``Overlap``: outputs are written when their groups' inputs are read."""
        _, height, width, channels = self.params.output_shape
        _, rows, columns, _ = self.params.input_shape
        _, across = winograd4.tiles(self.params)
        lead, step = 0, self.groups * GROUP
        for done in range(step, winograd4.tiles(self.params)[0] * across, step):
            y, x = divmod(done, across)
            last_y, last_x = divmod(done - 1, across)
            bottom = min(height, (last_y + 1) * winograd4.TILE) - 1
            right = min(width, (last_x + 1) * winograd4.TILE)
            written = (bottom * width + right) * channels
            top = max(0, y * winograd4.TILE - self.params.padding[0])
            left = max(0, x * winograd4.TILE - self.params.padding[1])
            if top < rows:
                read = min(top * columns + left, (top + winograd4.TILE) * columns)
                lead = max(lead, written - read * self._input_channels)
        return lead, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_rv32_winograd_params``."""
        q = self.params
        return (
            ("multiply", instance("te_rv32_winograd_product", "te_rv32_winograd_multiplier")),
            ("store", instance("te_rv32_winograd_store", "te_rv32_winograd_storer")),
            ("weights", Constant("weights", self.weights())),
            ("stages", Constant("stages", self.stages())),
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("input_channels", q.input_shape[3]),
            ("channels", q.output_shape[3]),
            ("groups", self.groups),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero_point", q.input_zero_point),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )

    def weights(self) -> NDArray[np.uint8]:
        """Words of four output channels, [channels / 4, input channels, 9, 4]."""
        count = self.params.filter.shape[0]
        taps = self.params.filter.reshape(count, 9, self._input_channels)
        missing = (-count % BLOCK, self._filled - self._input_channels)
        padded = np.pad(taps, [(0, missing[0]), (0, 0), (0, missing[1])])
        blocks = padded.reshape(-1, BLOCK, 9, self._filled)[:, [0, 2, 1, 3]]
        words = np.ascontiguousarray(blocks.transpose(0, 3, 2, 1))
        return words.view(np.uint8) ^ np.uint8(0x80)

    def stages(self) -> NDArray[np.uint32]:
        """Of each channel: what its sums begin with, multiplier, constant, shift, and ``below``."""
        made = self.stage
        initial = (made.initial >> stage.SCALE_BITS) * (winograd4.SCALE // _TAKEN)
        kinds = [initial, made.multipliers, made.constants, made.shifts, -made.negatives]
        return np.stack(kinds, axis=1).astype(np.uint32)


def plan(params: Conv2D, groups: int) -> Winograd | None:
    """The layer by at most so many groups at a time, or None where that is not exact."""
    if not winograd4.is_3x3(params) or not _inside(params):
        return None
    if (made := _stage(params)) is None:
        return None
    rows, across = winograd4.tiles(params)
    return Winograd(params, made, min(groups, -(-rows * across // GROUP)))


def _inside(params: Conv2D) -> bool:
    """Whether every tile's patch meets the input: it may reach out by 2, and begins inside."""
    axes = zip(params.input_shape[1:3], params.output_shape[1:3], params.padding, strict=True)
    return all(before <= 2 and outputs <= inputs + before for inputs, outputs, before in axes)


@cache
def _stage(params: Conv2D) -> stage.Stage | None:
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return stage.stage(filters, params.bias, params.input_zero_point, params.requant)


class WinogradConvolution(Tuned[Winograd]):
    """CONV_2D 3x3 with stride 1; ``groups`` of four tiles at a time."""

    family = Conv2D

    def __init__(self, groups: int) -> None:
        sources = ("rv32im/macros.S", "rv32im/winograd.S", "rv32im/winograd.c")
        super().__init__("te_rv32_winograd", lambda q: plan(q, groups), *sources)
