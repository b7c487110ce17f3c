"""DEPTHWISE_CONV_2D of 3x3 windows: four channels copied to a padded plane, then one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.kernels import stage
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import BLOCK, Fields
from tinyedge.compile.kernels.rv32im.requantization import Requantize
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.plan import Constant

#: taps of a window, either way
_TAPS = 3
#: bytes of weights in a channel's head
_WEIGHT_BYTES = 12


@dataclass(frozen=True)
class _Axis:
    """Where a row of a channel's inputs and outputs lies; ``steps`` are in bytes."""

    inputs: int
    outputs: int
    stride: int
    padding: int
    input_step: int
    output_step: int

    @property
    def length(self) -> int:
        """Inputs that windows read, padding included."""
        return (self.outputs - 1) * self.stride + _TAPS

    @property
    def copied(self) -> int:
        """Inputs that windows read."""
        return min(self.inputs, self.length - self.padding)


@dataclass(frozen=True, eq=False)
class PlaneDepthwise(Layer):
    """One layer. ``along``: the axis of a row of outputs; ``down``: the other one.

    ``filters`` [channels, down, along].
    """

    channels: int
    zero_point: int
    along: _Axis
    down: _Axis
    filters: NDArray[np.int8]
    requant: Requantize

    @classmethod
    def plan(cls, q: p.DepthwiseConv2D) -> PlaneDepthwise | None:
        """The layer, or None where the kernel cannot compute it exactly."""
        channels = q.input_shape[3]
        if q.input_shape[0] != 1 or q.depth_multiplier != 1 or channels % BLOCK:
            return None
        if q.filter.shape[:2] != (_TAPS, _TAPS) or q.dilation != (1, 1):
            return None
        filters = np.moveaxis(q.filter, 2, 0)
        flat = filters.reshape(channels, -1)
        made = stage.stage(flat, q.bias, q.input_zero_point, q.requant)
        if made is None:
            return None
        down, along = _axes(q)
        requant = Requantize.of(made, q.requant)
        turned = filters.swapaxes(1, 2)
        layers = (
            cls(channels, q.input_zero_point, along, down, filters, requant),
            cls(channels, q.input_zero_point, down, along, turned, requant),
        )
        possible = [layer for layer in layers if layer.along.stride in {1, 2}]
        return min(possible, key=lambda layer: layer.instructions, default=None)

    @property
    def scratch_bytes(self) -> int:
        """The plane of four channels."""
        return BLOCK * self.along.length * self.down.length

    @property
    def align(self) -> int:
        """Channels are written over themselves alone, which then have been read."""
        return self.channels

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        return 0, 0

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise_3x3.S and depthwise_3x3.c."""
        stride = self.along.stride
        output = 17 + 4 * stride + 3 + self.requant.instructions
        row = (40 if stride == 1 else 24) + self.along.outputs * output
        copied = 40 + self.down.copied * (8 + 5 * self.along.copied)
        per_channel = 100 + self.down.outputs * row + copied // BLOCK
        return 60 + self.scratch_bytes // 2 + self.channels * per_channel

    def _heads(self) -> NDArray[np.uint8]:
        """See depthwise_3x3.S."""
        weights = self.filters.reshape(self.channels, -1)
        padded = np.pad(weights, [(0, 0), (0, _WEIGHT_BYTES - weights.shape[1])])
        initial = self.requant.stage.signed_initial << stage.SCALE_BITS
        words = np.concatenate([initial[:, None], self.requant.words()], axis=1)
        stages = words.astype(np.uint32).view(np.uint8)
        return np.concatenate([padded.view(np.uint8), stages], axis=1)

    def fields(self) -> Fields:
        """The members of ``te_rv32_depthwise_3x3_params``."""
        heads, along, down = self._heads(), self.along, self.down
        pitch = BLOCK * down.length
        kernel = instance(
            "te_rv32_depthwise_3x3_kernel",
            "te_rv32_plane_kernel",
            stride=along.stride,
            **self.requant.arguments,
        )
        values = {
            "run.pitch": pitch,
            "run.row_step": BLOCK * down.stride,
            "run.step": along.output_step,
            "run.length": along.outputs * along.output_step,
            "run.output_step": down.output_step,
            "run.rows": down.outputs,
            "run.low": self.requant.low,
            "run.high": self.requant.high,
            "plane_bytes": self.scratch_bytes,
            "first": along.padding * pitch + BLOCK * down.padding,
            "copy_rows": down.copied,
            "copy_columns": along.copied,
            "copy_from_row": down.input_step,
            "copy_from_step": along.input_step,
            "channels": self.channels,
            "head_bytes": heads.shape[1],
            "zero_point": self.zero_point,
        }
        heads_field = ("heads", Constant("heads", heads.reshape(-1).view(np.uint32)))
        return (("kernel", kernel), heads_field, *values.items())


def _axes(q: p.DepthwiseConv2D) -> tuple[_Axis, _Axis]:
    """Down and along, as tensors lie."""
    channels = q.input_shape[3]
    sizes = zip(
        q.input_shape[1:3],
        q.output_shape[1:3],
        q.stride,
        q.padding,
        (q.input_shape[2] * channels, channels),
        (q.output_shape[2] * channels, channels),
        strict=True,
    )
    down, along = (_Axis(*(int(size) for size in axis)) for axis in sizes)
    return down, along
