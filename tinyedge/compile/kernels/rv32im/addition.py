"""ADD of two tensors of one shape, by a formula that holds for all pairs of bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyedge.compile.exact import add
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Add


@dataclass(frozen=True)
class Addition(Layer):
    """One layer of so many elements."""

    elements: int
    fit: add.AddFit

    @classmethod
    def plan(cls, params: Add) -> Addition | None:
        """The ADD, or None where the kernel cannot compute it exactly."""
        if not params.a_shape == params.b_shape == params.output_shape:
            return None
        fit = add.search(params, add.WHOLE)
        made = None if fit is None else cls(math.prod(params.output_shape), fit)
        return made if made is not None and made.in_range else None

    @property
    def constant(self) -> int:
        """For int8, 128 less than for uint8."""
        return self.fit.constant - (128 << self.fit.shift)

    @property
    def in_range(self) -> bool:
        """Whether no sum leaves 32 bits."""
        factors = (self.fit.first, self.fit.second)
        largest = sum(abs(int(add.WHOLE.products(factor)[0])) for factor in factors)
        return largest + abs(self.constant) < 1 << 31

    @property
    def instructions(self) -> int:
        """Estimated instructions: see elementwise.c."""
        return 60 + 13 * self.elements

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        return 0, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_rv32_add_params``."""
        return (
            ("elements", self.elements),
            ("constant", self.constant),
            ("first", self.fit.first),
            ("second", self.fit.second),
            ("low", self.fit.low - 128),
            ("high", self.fit.high - 128),
            ("shift", self.fit.shift),
        )
