"""FULLY_CONNECTED, and 1x1 convolutions: each row, or pixel, unpacked once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from tinyedge.compile.kernels.armv6m import stream
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Conv2D, FullyConnected, Params
from tinyedge.compile.plan import Constant

#: TE_V6M_DENSE_BYTES of fully_connected.S, bytes of an unpacked group
_GROUP_CODE, _UNPACKED = 22, 12


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """One layer of ``batches`` rows; ``unroll``: groups of four inputs a turn."""

    batches: int
    stream: stream.Stream
    unroll: int

    @property
    def inputs(self) -> int:
        """Inputs of a row."""
        return int(self.stream.filters.shape[1])

    @property
    def outputs(self) -> int:
        """Outputs of a row."""
        return int(self.stream.filters.shape[0])

    @property
    def scratch_bytes(self) -> int:
        """One unpacked row."""
        return self.stream.groups * _UNPACKED

    @property
    def input_tail(self) -> int:
        return self.stream.groups * stream.GROUP - self.inputs

    @property
    def operand_in_scratch(self) -> int | None:
        """A single row may be unpacked where it lies: four bytes are read, then 12 written."""
        behind = (_UNPACKED - stream.GROUP) * (self.stream.groups - 1)
        return behind if self.batches == 1 else None

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a row is unpacked before any of it is overwritten."""
        if self.batches == 1:
            return 0, 0
        row = np.arange(1, self.batches)
        return max(0, int((row * (self.outputs - self.inputs)).max())), input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see fully_connected.S."""
        groups = self.stream.groups
        output = 11 * groups + 2 * (groups // self.unroll + 1) + 20
        output += stream.stage_instructions(self.stream.fit)
        row = 110 + 13 * groups + self.outputs * output + 16 * self.stream.exceptions
        return 30 + self.batches * row

    def fields(self) -> Fields:
        """The members of ``te_v6m_fully_connected_params``."""
        fit = self.stream.fit
        stage = stream.stage_arguments(fit)
        kernel = instance("te_v6m_dense", "te_v6m_kernel", unroll=self.unroll, **stage)
        return (
            ("kernel", kernel),
            ("unpack", instance("te_v6m_unpack", "te_v6m_unpacker", gap=0)),
            ("stream", Constant("stream", self.stream.words(_UNPACKED))),
            ("groups", self.stream.groups),
            ("rest", self.stream.groups % self.unroll * _GROUP_CODE),
            ("batches", self.batches),
            ("inputs", self.inputs),
            ("outputs", self.outputs),
            ("low", fit.low),
            ("high", fit.high),
        )


@singledispatch
def plan(params: Params, unroll: int) -> Dense | None:  # noqa: ARG001
    """The layer, or None where this kernel cannot compute it exactly."""
    return None


@plan.register
def _(params: FullyConnected, unroll: int) -> Dense | None:
    if params.batches > 1 and params.filter.shape[1] % stream.GROUP:
        return None
    made = stream.make(params.filter, params.bias, params.input_zero_point, params.requant)
    return None if made is None else Dense(params.batches, made, unroll)


@plan.register
def _(params: Conv2D, unroll: int) -> Dense | None:
    plain = params.filter.shape[1:3] == (1, 1) and params.stride == (1, 1)
    inside = params.padding == (0, 0) and params.input_shape[:3] == params.output_shape[:3]
    if not plain or not inside or params.input_shape[3] % stream.GROUP:
        return None
    filters = params.filter.reshape(params.filter.shape[0], -1)
    made = stream.make(filters, params.bias, params.input_zero_point, params.requant)
    pixels = params.input_shape[0] * params.output_shape[1] * params.output_shape[2]
    return None if made is None else Dense(pixels, made, unroll)
