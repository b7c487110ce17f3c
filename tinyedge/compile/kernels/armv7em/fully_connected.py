"""FULLY_CONNECTED: each row unpacked once, then four channels at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.kernels.armv7em import stream
from tinyedge.compile.kernels.armv7em.convolution import CHOICES
from tinyedge.compile.kernels.instances import instance, limits
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import FullyConnected
from tinyedge.compile.plan import Constant, Instance

BLOCK = 4
_UNIT = 8


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """One layer. ``unroll``: groups of eight inputs a turn of the inner loop (a power of two)."""

    params: FullyConnected
    fit: requantize.Fit
    unroll: int

    @property
    def units(self) -> int:
        """Groups of eight inputs."""
        return -(-int(self.params.filter.shape[1]) // _UNIT)

    @property
    def scratch_bytes(self) -> int:
        """One unpacked row."""
        return 2 * _UNIT * self.units

    @property
    def input_tail(self) -> int:
        """Bytes read past the input."""
        return _UNIT * self.units - int(self.params.filter.shape[1])

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return -int(self.params.filter.shape[0]) % BLOCK

    @property
    def operand_in_scratch(self) -> int | None:
        """A single row may be unpacked where it lies: a unit is read before two are written."""
        return _UNIT * (self.units - 1) if self.params.batches == 1 else None

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a row is unpacked before any of it is overwritten."""
        outputs, inputs = self.params.filter.shape
        if self.params.batches == 1:
            return 0, 0
        row = np.arange(1, self.params.batches)
        lead = row * (outputs - inputs) + self.output_tail
        return max(0, int(lead.max())), input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see fully_connected.S."""
        blocks = -(-int(self.params.filter.shape[0]) // BLOCK)
        turns = self.units // self.unroll + 1
        block = 30 + 8 * self.fit.signed + 6 * self.fit.clamp + 27 * self.units + 3 * turns
        return self.params.batches * (60 + 9 * self.units + blocks * block)

    def stream(self) -> NDArray[np.uint32]:
        """Weights and requantization."""
        q = self.params
        filters = np.pad(q.filter.astype(np.int64), [(0, self.output_tail), (0, self.input_tail)])
        bias = np.pad(q.bias.astype(np.int64), (0, self.output_tail))
        fit = stream.widen(self.fit, self.output_tail)
        bias = stream.fold_zero_point(filters, bias, q.input_zero_point, fit)
        return stream.pack(stream.Matrix(filters, bias, fit), BLOCK)

    def fields(self) -> Fields:
        """The members of ``te_v7em_fully_connected_params``."""
        return (
            ("kernel", self.kernel),
            ("unpack", self.unpack),
            ("stream", Constant("stream", self.stream())),
            ("units", self.units),
            ("channels", int(self.params.filter.shape[0])),
            ("limits", limits(self.fit.low, self.fit.high)),
            ("inputs", int(self.params.filter.shape[1])),
            ("batches", self.params.batches),
        )

    @property
    def unpack(self) -> Instance:
        """The unpacking function's instantiation."""
        return instance("te_unpack_1", "te_unpack_row", scale=self.fit.scale_bits - 8)

    @property
    def kernel(self) -> Instance:
        """The kernel's instantiation."""
        return instance(
            "te_fully_connected_4",
            "te_fully_connected_kernel",
            unroll=self.unroll,
            shift=self.fit.shift,
            signed=int(self.fit.signed),
            limit=int(self.fit.clamp),
        )


def plan(params: FullyConnected, unroll: int) -> Dense | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    found = fit(params)
    filters = np.pad(params.filter.astype(np.int64), [(0, -params.filter.shape[0] % BLOCK), (0, 0)])
    if found is None or not stream.lanes_fit(filters, BLOCK):
        return None
    return Dense(params, found, unroll)


@cache
def fit(params: FullyConnected) -> requantize.Fit | None:
    """The layer's proved requantization, if there is one."""
    low, high = bounds.totals(params.filter, params.bias, params.input_zero_point)
    return requantize.search(params.requant, low, high, CHOICES)
