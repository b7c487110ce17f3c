"""ADD of two tensors of one shape, by a formula that holds for all pairs of bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyedge.compile.exact import add
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Add


@dataclass(frozen=True)
class Addition(Layer):
    """One layer of so many elements."""

    elements: int
    fit: add.AddFit

    @property
    def instructions(self) -> int:
        """Estimated instructions: see elementwise.S."""
        return 60 + -(-self.elements // 4) * 45

    @property
    def input_tail(self) -> int:
        """Bytes read past an operand."""
        return -self.elements % 4

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return -self.elements % 4

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`."""
        return 0, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_lx6_add_params``."""
        return (
            ("words", -(-self.elements // 4)),
            ("first", self.fit.first),
            ("second", self.fit.second),
            ("constant", self.fit.constant - (128 << self.fit.shift)),
            ("shift", self.fit.shift),
            ("low", self.fit.low - 128),
            ("high", self.fit.high - 128),
            ("kernel", instance("te_lx6_add_4", "te_lx6_add_kernel")),
        )


def plan(params: Add) -> Addition | None:
    """The ADD, or None where this kernel cannot compute it exactly."""
    if not params.a_shape == params.b_shape == params.output_shape:
        return None
    fit = add.search(params, add.ON_TOP)
    if fit is None:
        return None
    lowest = sum(int(add.ON_TOP.products(factor).min()) for factor in (fit.first, fit.second))
    if lowest + fit.constant - (128 << fit.shift) < -(1 << 31):
        return None
    return Addition(math.prod(params.output_shape), fit)
