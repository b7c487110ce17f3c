"""CONV_2D: the windows of four pixels unpacked side by side, then multiplied channel by channel."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.kernels import packing
from tinyedge.compile.kernels.armv6m import stream
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Conv2D
from tinyedge.compile.plan import Constant, Instance

PIXELS = 4
#: TE_V6M_GROUP_BYTES of conv.S, bytes of an unpacked group of a pixel
_GROUP_CODE, _UNPACKED = 64, 12
GROUP_BYTES = PIXELS * _UNPACKED
#: bytes of a window's row that te_v6m_gather takes
_LONGEST_ROW = 32


@dataclass(frozen=True, eq=False)
class Convolution(Layer):
    """One layer; ``unroll``: groups of four taps a turn of the inner loop."""

    params: Conv2D
    stream: stream.Stream
    unroll: int

    @property
    def blocks(self) -> int:
        """Blocks of four pixels."""
        _, height, width, _ = self.params.output_shape
        return -(-height * width // PIXELS)

    @property
    def missing(self) -> int:
        """Pixels that the last block lacks."""
        _, height, width, _ = self.params.output_shape
        return self.blocks * PIXELS - height * width

    @property
    def scratch_bytes(self) -> int:
        return self.stream.groups * GROUP_BYTES

    @property
    def output_tail(self) -> int:
        return self.missing * self.params.output_shape[3]

    @property
    @abstractmethod
    def unpack_instructions(self) -> int:
        """Estimated instructions of a pixel before anything is multiplied."""

    @property
    def instructions(self) -> int:
        """Estimated instructions: see conv.S."""
        groups, channels = self.stream.groups, self.params.output_shape[3]
        turns = groups // self.unroll + 1
        channel = 32 * groups + (3 if self.unroll > 3 else 2) * turns + 19
        channel += PIXELS * stream.stage_instructions(self.stream.fit)
        block = 120 + PIXELS * self.unpack_instructions + channels * channel
        return 100 + self.blocks * (block + 37 * self.stream.exceptions)

    @property
    def kernel(self) -> Instance:
        """The kernel's instantiation."""
        stage = stream.stage_arguments(self.stream.fit)
        return instance("te_v6m_conv_4", "te_v6m_kernel", unroll=self.unroll, **stage)

    def first_inputs(self) -> NDArray[np.int64]:
        """For each block the first input byte that it, or a later one, reads."""
        q = self.params
        return packing.first_inputs(q.input_shape, q.output_shape, q.stride, q.padding)[::PIXELS]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        q = self.params
        lead = packing.block_lead(q.input_shape, q.output_shape, q.stride, q.padding, PIXELS)
        return lead, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_v6m_conv_params``."""
        q, fit = self.params, self.stream.fit
        values = {
            "groups": self.stream.groups,
            "rest": (self.stream.groups - 1) % self.unroll * _GROUP_CODE,
            "input_height": q.input_shape[1],
            "input_width": q.input_shape[2],
            "input_channels": q.input_shape[3],
            "output_height": q.output_shape[1],
            "output_width": q.output_shape[2],
            "output_channels": q.output_shape[3],
            "height": int(q.filter.shape[1]),
            "width": int(q.filter.shape[2]),
            "stride_y": q.stride[0],
            "stride_x": q.stride[1],
            "dilation_y": q.dilation[0],
            "dilation_x": q.dilation[1],
            "top": q.padding[0],
            "left": q.padding[1],
            "zero_point": q.input_zero_point,
            "low": fit.low,
            "high": fit.high,
        }
        return (
            ("kernel", self.kernel),
            ("unpack", instance("te_v6m_unpack", "te_v6m_unpacker", gap=GROUP_BYTES - _UNPACKED)),
            ("stream", Constant("stream", self.stream.words(GROUP_BYTES))),
            *values.items(),
        )


@dataclass(frozen=True, eq=False)
class Words(Convolution):
    """Input channels are a multiple of 4: a pixel of the input is some whole words."""

    @property
    def unpack_instructions(self) -> int:
        height, width = self.params.filter.shape[1:3]
        calls = int(height) * (1 if self.params.dilation[1] == 1 else int(width))
        return 30 + 62 * calls + 14 * self.stream.groups


@dataclass(frozen=True, eq=False)
class Pointwise(Words):
    """1x1 with stride 1: pixels stand one behind the other."""

    @property
    def unpack_instructions(self) -> int:
        return 37 + 14 * self.stream.groups

    @property
    def input_tail(self) -> int:
        return self.missing * self.params.input_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:  # noqa: ARG002
        written = np.arange(1, self.blocks) * PIXELS * self.params.output_shape[3]
        unread = self.first_inputs()[1:]
        lead, lag = (written - unread).max(initial=0), (unread - written).max(initial=0)
        return int(lead), int(lag)


@dataclass(frozen=True, eq=False)
class Bytes(Convolution):
    """Any input channels: a window's bytes are gathered first."""

    @property
    def scratch_bytes(self) -> int:
        return self.stream.groups * (GROUP_BYTES + stream.GROUP)

    @property
    def _row(self) -> int:
        """Bytes of a window's row."""
        return int(self.params.filter.shape[2] * self.params.filter.shape[3])

    @property
    def _straight(self) -> bool:
        """Whether code of its own gathers the rows of windows inside the input."""
        return self.params.dilation[1] == 1 and self._row <= _LONGEST_ROW

    @property
    def unpack_instructions(self) -> int:
        rows, taps = int(self.params.filter.shape[1]), int(self.params.filter[0].size)
        gathered = 30 + 4 * rows + 2 * taps if self._straight else 25 * rows + 5 * taps
        return 80 + gathered + 14 * self.stream.groups

    def fields(self) -> Fields:
        if not self._straight:
            return super().fields()
        gather = instance("te_v6m_gather", "te_v6m_gatherer", bytes=self._row)
        return (("gather", gather), *super().fields())


def pointwise(params: Conv2D, unroll: int) -> Pointwise | None:
    """A 1x1 layer of stride 1, or None where it is not one or cannot be computed exactly."""
    plain = params.filter.shape[1:3] == (1, 1) and params.stride == (1, 1)
    inside = params.padding == (0, 0) and params.input_shape[:3] == params.output_shape[:3]
    if not plain or not inside or params.input_shape[3] % stream.GROUP:
        return None
    made = _stream(params)
    return None if made is None else Pointwise(params, made, unroll)


def words(params: Conv2D, unroll: int) -> Words | None:
    """A layer whose input channels are a multiple of 4, or None."""
    made = None if params.input_shape[3] % stream.GROUP else _stream(params)
    return None if made is None else Words(params, made, unroll)


def gathered(params: Conv2D, unroll: int) -> Bytes | None:
    """Any layer, or None."""
    made = _stream(params)
    return None if made is None else Bytes(params, made, unroll)


def _stream(params: Conv2D) -> stream.Stream | None:
    """The layer's weights, where the kernels take its shape and a requantization is exact."""
    if params.input_shape[0] != 1 or params.filter[0].size > 0xFFFF:
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    return stream.make(filters, params.bias, params.input_zero_point, params.requant)
