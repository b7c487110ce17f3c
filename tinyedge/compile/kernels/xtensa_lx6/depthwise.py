"""DEPTHWISE_CONV_2D: four channels at a time, transposed to planes of 16-bit lanes."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels.armv7em.depthwise_views import undilated, upright
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.xtensa_lx6 import requantization, stream
from tinyedge.compile.params import DepthwiseConv2D
from tinyedge.compile.plan import Constant, Instance

_GROUP = 4
#: what the offsets of immediate operands and of branches reach: see depthwise_window.S
_COLUMNS, _TAPS, _STRIDE = 32, 128, 16


@dataclass(frozen=True, eq=False)
class Depthwise(Layer):
    """One layer; ``strip``: rows of outputs computed from one filling of the planes."""

    params: DepthwiseConv2D
    stage: requantization.Stage
    strip: int

    @property
    @abstractmethod
    def sources(self) -> tuple[str, ...]:
        """The files of macros."""

    @property
    @abstractmethod
    def channel_instructions(self) -> int:
        """Estimated instructions for all outputs of a channel."""

    @abstractmethod
    def kernel(self, upper: int) -> Instance:
        """The instantiation for the lower or the upper lanes of a plane."""

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns of a window."""
        return int(self.params.filter.shape[0]), int(self.params.filter.shape[1])

    @property
    def pitch(self) -> int:
        """Words of a plane's row: what is written and what is read."""
        _, _, width, _ = self.params.output_shape
        written = self.params.padding[1] + self.params.input_shape[2]
        return max(written, (width - 1) * self.params.stride[1] + self.window[1])

    @property
    def plane(self) -> int:
        """Words of a plane."""
        rows = (self.strip - 1) * self.params.stride[0] + self.window[0]
        return rows * self.pitch

    @property
    def strips(self) -> int:
        """Strips of the whole output."""
        return -(-self.params.output_shape[1] // self.strip)

    @property
    def scratch_bytes(self) -> int:
        """Two planes, and what is loaded ahead of a window."""
        return 4 * (2 * self.plane + 2 * self.params.stride[1] + 2)

    @property
    def align(self) -> int:
        """A pixel's bytes keep their place."""
        return self.params.output_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: in place, where channels keep their place."""
        return 0, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see depthwise.c and the transposition in depthwise.S."""
        _, rows, width, channels = self.params.input_shape
        moved = (self.strips - 1) * 2 * self.pitch * 4
        transposed = rows * (10 + width // 4 * 34 + width % 4 * 10)
        group = 60 + 80 * self.strips + moved + transposed + 4 * self.channel_instructions
        return 100 + 5 * self.plane + channels // _GROUP * group

    def stream(self) -> NDArray[np.uint32]:
        """[channels, words]: requantization and weights."""
        taps = self.stage.filters
        return stream.pack(
            self.stage, np.pad(taps, [(0, 0), (0, -taps.shape[1] % 4)]), natural=True
        )

    def fields(self) -> Fields:
        """The members of ``te_lx6_depthwise_params``."""
        q = self.params
        words = self.stream()
        return (
            ("low", self.kernel(0)),
            ("high", self.kernel(1)),
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
            ("window", self.window[0]),
            ("stride_y", q.stride[0]),
            ("stride_x", q.stride[1]),
            ("top", q.padding[0]),
            ("left", q.padding[1]),
            ("zero", q.input_zero_point + 128),
            ("low_clamp", q.requant.low),
            ("high_clamp", q.requant.high),
        )


@dataclass(frozen=True, eq=False)
class Square(Depthwise):
    """3x3, of stride 1 or 2."""

    @property
    def sources(self) -> tuple[str, ...]:
        return ("macros.S", "depthwise.S")

    @property
    def channel_instructions(self) -> int:
        _, height, width, _ = self.params.output_shape
        output = 12 + self.stage.steps + 3 * (self.params.stride[1] == 2)
        return height * (width * output + 10) + 60 * self.strips

    def kernel(self, upper: int) -> Instance:
        return instance(
            "te_lx6_depthwise_3x3",
            "te_lx6_depthwise_kernel",
            upper=upper,
            stride=self.params.stride[1],
            odd=self.params.output_shape[2] % 2,
            signed=int(self.stage.signed),
        )


@dataclass(frozen=True, eq=False)
class Window(Depthwise):
    """Any window."""

    @property
    def taps(self) -> int:
        """Products of an output."""
        return self.window[0] * self.window[1]

    @property
    def sources(self) -> tuple[str, ...]:
        return ("macros.S", "depthwise.S", "depthwise_window.S")

    @property
    def channel_instructions(self) -> int:
        _, height, width, _ = self.params.output_shape
        rows = self.window[0]
        loaded = max(0, (self.taps + 1) // 2 - (6 if rows == 1 else 4))
        output = self.taps + loaded + rows + self.stage.steps + 3
        return height * (width * output + 14) + (55 + self.taps + 3 * loaded) * self.strips

    def kernel(self, upper: int) -> Instance:
        return instance(
            "te_lx6_depthwise_window",
            "te_lx6_depthwise_kernel",
            upper=upper,
            rows=self.window[0],
            columns=self.window[1],
            stride=self.params.stride[1],
            odd=self.taps * self.params.output_shape[2] % 2,
            signed=int(self.stage.signed),
        )


def plan(params: DepthwiseConv2D, strip: int) -> Depthwise | None:
    """The layer, or None where no kernel here can compute it exactly."""
    params = undilated(upright(params))
    rows, columns, channels = (int(size) for size in params.filter.shape)
    if params.input_shape[0] != 1 or params.depth_multiplier != 1 or channels % _GROUP:
        return None
    if columns > _COLUMNS or rows * columns > _TAPS or max(params.stride) > _STRIDE:
        return None
    taps = np.moveaxis(params.filter, 2, 0).reshape(channels, -1)
    made = requantization.stage(taps, params.bias, params.input_zero_point, params.requant)
    if made is None:
        return None
    square = (rows, columns) == (3, 3) and params.stride in {(1, 1), (2, 2)}
    return (Square if square else Window)(params, made, min(strip, params.output_shape[1]))
