"""DEPTHWISE_CONV_2D 3x3: four channels at a time, transposed to planes of 16-bit lanes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyedge.compile.kernels import stage as requant
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.xtensa_lx6 import stream
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant

_GROUP = 4
_WINDOW = 3
#: bytes that the kernels' loads run ahead
_AHEAD = 12


@dataclass(frozen=True, eq=False)
class Depthwise(Layer):
    """One layer; ``strip``: rows of outputs computed from one filling of the planes."""

    params: DepthwiseConv2D
    stage: requant.Stage
    strip: int

    @property
    def pitch(self) -> int:
        """Words of a plane's row: what is written and what is read."""
        _, _, width, _ = self.params.output_shape
        written = self.params.padding[1] + self.params.input_shape[2]
        return max(written, (width - 1) * self.params.stride[1] + _WINDOW)

    @property
    def plane(self) -> int:
        """Words of a plane."""
        rows = (self.strip - 1) * self.params.stride[0] + _WINDOW
        return rows * self.pitch

    @property
    def scratch_bytes(self) -> int:
        """Two planes."""
        return 2 * 4 * self.plane + _AHEAD

    @property
    def align(self) -> int:
        """A pixel's bytes keep their place."""
        return self.params.output_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: in place, where channels keep their place."""
        return 0, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise.S and depthwise.c."""
        _, height, width, channels = self.params.output_shape
        _, rows, input_width, _ = self.params.input_shape
        strips = -(-height // self.strip)
        output = 17 + 2 * self.stage.signed + 3 * (self.params.stride[1] == 2)
        kernel = height * (width * output + 14) + 70 * strips
        moved = (strips - 1) * 2 * self.pitch * 4
        group = rows * (6 + 10 * input_width) + 60 * strips + moved + 4 * kernel
        return 100 + channels // _GROUP * group

    def fields(self) -> Fields:
        """The members of ``te_lx6_depthwise_params``."""
        q = self.params
        taps = np.moveaxis(q.filter, 2, 0).reshape(q.filter.shape[2], -1)
        filled = np.pad(taps, [(0, 0), (0, -taps.shape[1] % 4)])
        words = stream.pack(self.stage, filled, natural=True)
        low, high = (
            instance(
                "te_lx6_depthwise_3x3",
                "te_lx6_depthwise_kernel",
                upper=upper,
                stride=q.stride[1],
                odd=q.output_shape[2] % 2,
                signed=int(self.stage.signed),
            )
            for upper in (0, 1)
        )
        return (
            ("low", low),
            ("high", high),
            ("transpose", instance("te_lx6_transpose", "te_lx6_transposer")),
            ("stream", Constant("stream", words)),
            ("channel_words", words.shape[1]),
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.output_shape[3]),
            ("strip", self.strip),
            ("pitch", self.pitch),
            ("plane", self.plane),
            ("stride", q.stride[0]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero", q.input_zero_point + 128),
            ("low_clamp", q.requant.low),
            ("high_clamp", q.requant.high),
        )


def window_3x3(params: DepthwiseConv2D, strip: int) -> Depthwise | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    channels = int(params.filter.shape[2])
    if params.input_shape[0] != 1 or params.depth_multiplier != 1 or channels % _GROUP:
        return None
    if params.filter.shape[:2] != (3, 3) or params.dilation != (1, 1):
        return None
    if params.stride not in {(1, 1), (2, 2)}:
        return None
    taps = np.moveaxis(params.filter, 2, 0).reshape(channels, -1)
    made = requant.stage(taps, params.bias, params.input_zero_point, params.requant)
    if made is None:
        return None
    return Depthwise(params, made, min(strip, params.output_shape[1]))
