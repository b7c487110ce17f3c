"""DEPTHWISE_CONV_2D: four channels copied to a padded plane, then one by one."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.kernels import stage
from tinyedge.compile.kernels.axes import Axis, axes
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import BLOCK, Fields, round_up
from tinyedge.compile.kernels.rv32im.requantization import Requantize
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.plan import Constant

#: taps of the windows that have a kernel of their own, either way
_SQUARE = 3
#: outputs, and taps, at a time where windows have any size
_OUTPUTS, _TAPS = 4, 2
#: taps of a window up to which a head's bytes are counted in 8 bits
_LARGEST = 100


@dataclass(frozen=True, eq=False)
class PlaneDepthwise(Layer):
    """One layer. ``along``: the axis of a row of outputs; ``down``: the other one.

    ``filters`` [channels, down, along].
    """

    channels: int
    zero_point: int
    along: Axis
    down: Axis
    filters: NDArray[np.int8]
    requant: Requantize

    @classmethod
    @abstractmethod
    def takes(cls, along: Axis, down: Axis) -> bool:
        """Whether the kernel takes such windows."""

    @property
    @abstractmethod
    def steps(self) -> tuple[int, int]:
        """Bytes from an input of the plane to the next one, along and down."""

    @property
    @abstractmethod
    def row_instructions(self) -> int:
        """Estimated instructions of a row of a channel's outputs."""

    @property
    @abstractmethod
    def weights(self) -> NDArray[np.int8]:
        """[channels, bytes], whole words."""

    @property
    @abstractmethod
    def initial(self) -> NDArray[np.int64]:
        """The sums' beginning."""

    @abstractmethod
    def own_fields(self) -> Fields:
        """Members that other forms do not have."""

    @property
    def align(self) -> int:
        """Channels are written over themselves alone, which then have been read."""
        return self.channels

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        return 0, 0

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise_planes.c."""
        copied = 40 + self.down.copied * (8 + 5 * self.along.copied)
        per_channel = 100 + self.down.outputs * self.row_instructions + copied // BLOCK
        return 60 + self.scratch_bytes // 2 + self.channels * per_channel

    def _heads(self) -> NDArray[np.uint8]:
        words = np.concatenate([self.initial[:, None], self.requant.words()], axis=1)
        stages = words.astype(np.uint32).view(np.uint8)
        return np.concatenate([self.weights.view(np.uint8), stages], axis=1)

    def fields(self) -> Fields:
        """The members of ``te_rv32_depthwise_planes_params``."""
        heads, along, down = self._heads(), self.along, self.down
        step, row = self.steps
        values = {
            "run.row_step": row * down.stride,
            "run.step": along.output_step,
            "run.length": along.outputs * along.output_step,
            "run.output_step": down.output_step,
            "run.rows": down.outputs,
            "run.low": self.requant.low,
            "run.high": self.requant.high,
            "plane_bytes": self.scratch_bytes,
            "first": along.padding * step + down.padding * row,
            "copy_rows": down.copied,
            "copy_columns": along.copied,
            "copy_from_row": down.input_step,
            "copy_from_step": along.input_step,
            "copy_to_row": row,
            "copy_to_step": step,
            "channels": self.channels,
            "head_bytes": heads.shape[1],
            "zero_point": self.zero_point,
        }
        heads_field = ("heads", Constant("heads", heads.reshape(-1).view(np.uint32)))
        return (*self.own_fields(), heads_field, *values.items())


class Square(PlaneDepthwise):
    """3x3 windows: each column is loaded once for all outputs that read it."""

    @classmethod
    def takes(cls, along: Axis, down: Axis) -> bool:
        return along.taps == down.taps == _SQUARE and along.stride in {1, 2}

    @property
    def steps(self) -> tuple[int, int]:
        return BLOCK * self.down.length, BLOCK

    @property
    def scratch_bytes(self) -> int:
        """The plane of four channels."""
        return BLOCK * self.along.length * self.down.length

    @property
    def row_instructions(self) -> int:
        """Estimated instructions: see depthwise_3x3.S."""
        stride = self.along.stride
        output = 20 + 4 * stride + self.requant.instructions
        return (40 if stride == 1 else 24) + self.along.outputs * output

    @property
    def weights(self) -> NDArray[np.int8]:
        return _whole_words(self.filters)

    @property
    def initial(self) -> NDArray[np.int64]:
        """Times 256, as the weights in registers are."""
        return self.requant.stage.signed_initial << stage.SCALE_BITS

    def own_fields(self) -> Fields:
        kernel = instance(
            "te_rv32_depthwise_3x3",
            "te_rv32_plane_kernel",
            stride=self.along.stride,
            **self.requant.arguments,
        )
        return (("kernel", kernel), ("run.pitch", self.steps[0]))


class Lines(PlaneDepthwise):
    """Windows of any size, four outputs at a time."""

    @classmethod
    def takes(cls, along: Axis, down: Axis) -> bool:  # noqa: ARG003
        return along.stride == 1

    @property
    def taps(self) -> int:
        """Taps of a window's row, an even number."""
        return round_up(self.along.taps, _TAPS)

    @property
    def blocks(self) -> int:
        """Blocks of a row's outputs."""
        return -(-self.along.outputs // _OUTPUTS)

    @property
    def steps(self) -> tuple[int, int]:
        read = self.blocks * _OUTPUTS + self.taps - 1
        return BLOCK, BLOCK * max(read, self.along.length)

    @property
    def scratch_bytes(self) -> int:
        """The plane of four channels."""
        return self.steps[1] * self.down.length

    @property
    def row_instructions(self) -> int:
        """Estimated instructions: see depthwise_lines.S."""
        block = 11 + self.down.taps * (5 + 13 * self.taps)
        return 20 + self.blocks * block + self.along.outputs * (3 + self.requant.instructions)

    @property
    def weights(self) -> NDArray[np.int8]:
        missing = self.taps - self.along.taps
        return _whole_words(np.pad(self.filters, [(0, 0), (0, 0), (0, missing)]))

    @property
    def initial(self) -> NDArray[np.int64]:
        return self.requant.stage.signed_initial

    def own_fields(self) -> Fields:
        kernel = instance(
            "te_rv32_depthwise_lines", "te_rv32_plane_kernel", **self.requant.arguments
        )
        values = {
            "run.window_rows": self.down.taps,
            "run.window_row_weights": self.taps,
            "run.window_row_skip": self.steps[1] - BLOCK * self.taps,
            "run.weights": self.weights.shape[1],
        }
        return (("kernel", kernel), *values.items())


def plan(q: p.DepthwiseConv2D) -> PlaneDepthwise | None:
    """The layer, or None where no kernel can compute it exactly."""
    channels = q.input_shape[3]
    if q.input_shape[0] != 1 or q.depth_multiplier != 1 or channels % BLOCK:
        return None
    if q.dilation != (1, 1) or q.filter[..., 0].size > _LARGEST:
        return None
    filters = np.moveaxis(q.filter, 2, 0)
    made = stage.stage(filters.reshape(channels, -1), q.bias, q.input_zero_point, q.requant)
    if made is None:
        return None
    down, along = axes(q)
    requant = Requantize.of(made, q.requant)
    possible = [
        form(channels, q.input_zero_point, first, second, turned, requant)
        for first, second, turned in (
            (along, down, filters),
            (down, along, filters.swapaxes(1, 2)),
        )
        for form in (Square, Lines)
        if form.takes(first, second)
    ]
    return min(possible, key=lambda layer: layer.instructions, default=None)


def _whole_words(filters: NDArray[np.int8]) -> NDArray[np.int8]:
    """[channels, ...] -> [channels, bytes], filled up to words."""
    flat = filters.reshape(filters.shape[0], -1)
    return np.ascontiguousarray(np.pad(flat, [(0, 0), (0, -flat.shape[1] % BLOCK)]))
