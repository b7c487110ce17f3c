"""FULLY_CONNECTED: each row unpacked once, weights widened as they are read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields, round_up
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.kernels.xtensa_lx6 import requantization, stream
from tinyedge.compile.params import FullyConnected
from tinyedge.compile.plan import Constant

_UNIT = 8
_AHEAD = 8


@dataclass(frozen=True, eq=False)
class Dense(Layer):
    """One layer."""

    params: FullyConnected
    stage: requantization.Stage

    @property
    def inputs(self) -> int:
        """Inputs, filled up to whole turns."""
        return round_up(int(self.params.filter.shape[1]), _UNIT)

    @property
    def words(self) -> int:
        """Words of weights a turn of the inner loop."""
        return next(words for words in (8, 4, 2) if self.inputs % (4 * words) == 0)

    @property
    def uniform(self) -> bool:
        """Whether all outputs have the same shift."""
        return bool((self.stage.shifts == self.stage.shifts[0]).all())

    @property
    def scratch_bytes(self) -> int:
        """One unpacked row, and what is loaded ahead."""
        return 2 * self.inputs + _AHEAD

    @property
    def input_tail(self) -> int:
        """Bytes read past the input."""
        return self.inputs - int(self.params.filter.shape[1])

    @property
    def operand_in_scratch(self) -> int | None:
        """A single row may be unpacked where it lies: a unit is read before two are written."""
        return self.inputs - _UNIT if self.params.batches == 1 else None

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a row is unpacked before any of it is overwritten."""
        outputs, inputs = self.params.filter.shape
        if self.params.batches == 1:
            return 0, 0
        row = np.arange(1, self.params.batches)
        return max(0, int((row * (outputs - inputs)).max())), input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see fully_connected.S."""
        output = 18 - 2 * self.uniform + 2 * self.stage.signed + self.stage.steps
        output += self.inputs * 2 + self.inputs // (4 * self.words)
        outputs = int(self.params.filter.shape[0])
        return self.params.batches * (60 + 2 * self.inputs + outputs * output)

    def fields(self) -> Fields:
        """The members of ``te_lx6_fully_connected_params``."""
        q = self.params
        filled = np.pad(self.stage.filters, [(0, 0), (0, self.input_tail)])
        kernel = instance(
            "te_lx6_dense",
            "te_lx6_dense_kernel",
            words=self.words,
            signed=int(self.stage.signed),
            uniform=int(self.uniform),
        )
        return (
            ("kernel", kernel),
            ("unpack", instance("te_lx6_unpack", "te_lx6_unpacker")),
            ("stream", Constant("stream", stream.pack(self.stage, filled))),
            ("units", self.inputs // _UNIT),
            ("turns", self.inputs // (4 * self.words)),
            ("inputs", int(q.filter.shape[1])),
            ("outputs", int(q.filter.shape[0])),
            ("batches", q.batches),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


def plan(params: FullyConnected) -> Dense | None:
    """The layer, or None where this kernel cannot compute it exactly."""
    if params.batches > 1 and params.filter.shape[1] % 4:
        return None
    made = requantization.stage(params.filter, params.bias, params.input_zero_point, params.requant)
    return None if made is None else Dense(params, made)
