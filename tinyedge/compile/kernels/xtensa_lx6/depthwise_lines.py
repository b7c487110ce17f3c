"""DEPTHWISE_CONV_2D of any window: each channel a plane of its own, convolved like an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels import stage as requant
from tinyedge.compile.kernels.armv7em.depthwise_views import undilated, upright
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.xtensa_lx6 import stream
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant

_GROUP = 4
_AHEAD = 8
_MOST_SEGMENTS = 16


@dataclass(frozen=True, eq=False)
class Lines(Layer):
    """One layer.

    Windows begin at words, of two lanes: where some begin between (stride 1), every other output
    has its weights moved by one lane.
    """

    params: DepthwiseConv2D
    stage: requant.Stage

    @property
    def phases(self) -> int:
        """Sets of weights."""
        return 2 if self.params.stride[1] == 1 else 1

    @property
    def segments(self) -> int:
        """Rows of a window."""
        return int(self.params.filter.shape[0])

    @property
    def segment(self) -> int:
        """Lanes of a window's row, filled up to whole turns of the kernel."""
        return round_up(int(self.params.filter.shape[1]) + self.phases - 1, 4)

    @property
    def pitch(self) -> int:
        """Lanes of a plane's row: what is written and what is read."""
        width, stride = self.params.output_shape[2], self.params.stride[1]
        last = (width - 1) // self.phases * self.phases * stride
        written = self.params.padding[1] + self.params.input_shape[2]
        return round_up(max(written, last + self.segment), 2)

    @property
    def plane(self) -> int:
        """Lanes of a plane."""
        rows = (self.params.output_shape[1] - 1) * self.params.stride[0] + self.segments
        return rows * self.pitch

    @property
    def taps(self) -> int:
        """Products of an output."""
        return self.segments * self.segment

    @property
    def scratch_bytes(self) -> int:
        """Weights, four planes, and what is loaded ahead."""
        return 2 * self.taps + _AHEAD + _GROUP * 2 * self.plane + 2 * _AHEAD

    @property
    def align(self) -> int:
        """A pixel's bytes keep their place."""
        return self.params.output_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: in place, where channels keep their place."""
        return 0, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see conv.S and depthwise_lines.c."""
        _, height, width, channels = self.params.output_shape
        _, rows, input_width, _ = self.params.input_shape
        calls = self.phases * (3 * self.taps + height * (90 + self.taps))
        outputs = height * width * (self.taps + 9 + self.segments)
        group = 4 * self.plane * _GROUP + rows * (60 + 15 * input_width)
        return 100 + channels * (calls + outputs) + channels // _GROUP * group

    def stream(self) -> NDArray[np.uint32]:
        """[channels, words]: requantization, then the weights of each phase."""
        taps = np.moveaxis(self.params.filter, 2, 0)
        spare = self.segment - taps.shape[2]
        phases = [
            np.pad(taps, [(0, 0), (0, 0), (phase, spare - phase)]).reshape(taps.shape[0], -1)
            for phase in range(self.phases)
        ]
        return stream.pack(self.stage, np.concatenate(phases, axis=1), natural=True)

    def fields(self) -> Fields:
        """The members of ``te_lx6_depthwise_lines_params``."""
        q = self.params
        kernel = instance(
            "te_lx6_conv",
            "te_lx6_conv_kernel",
            words=self.segment // 2,
            segments=self.segments,
            jump=1,
            signed=int(self.stage.signed),
        )
        return (
            ("kernel", kernel),
            ("write_planes", instance("te_lx6_write_planes", "te_lx6_plane_writer")),
            ("unpack_weights", instance("te_lx6_unpack_weights", "te_lx6_weight_unpacker")),
            ("stream", Constant("stream", self.stream())),
            ("head_words", 4 + int(self.stage.signed)),
            ("weight_words", self.taps // 4),
            ("input_height", q.input_shape[1]),
            ("input_width", q.input_shape[2]),
            ("output_height", q.output_shape[1]),
            ("output_width", q.output_shape[2]),
            ("channels", q.output_shape[3]),
            ("pitch", self.pitch),
            ("segment", self.segment),
            ("segments", self.segments),
            ("phases", self.phases),
            ("stride_y", q.stride[0]),
            ("stride_x", q.stride[1]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero", q.input_zero_point + 128),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


def plan(params: DepthwiseConv2D) -> Lines | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    params = undilated(upright(params))
    channels = int(params.filter.shape[2])
    if params.input_shape[0] != 1 or params.depth_multiplier != 1 or channels % _GROUP:
        return None
    if params.stride[1] > 2 or params.filter.shape[0] > _MOST_SEGMENTS:
        return None
    taps = np.moveaxis(params.filter, 2, 0).reshape(channels, -1)
    made = requant.stage(taps, params.bias, params.input_zero_point, params.requant)
    return None if made is None else Lines(params, made)
