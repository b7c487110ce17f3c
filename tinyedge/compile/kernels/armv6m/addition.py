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
        return 60 + self.elements * (17 if self.fit.clamp else 15)

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        return 0, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_v6m_add_params``."""
        kernel = instance(
            "te_v6m_add_1",
            "te_v6m_add_kernel",
            shift=self.fit.shift,
            limit=int(self.fit.clamp),
        )
        return (
            ("elements", self.elements),
            ("constant", self.fit.constant),
            ("first", self.fit.first),
            ("second", self.fit.second),
            ("low", self.fit.low),
            ("high", self.fit.high),
            ("kernel", kernel),
        )


def plan(params: Add) -> Addition | None:
    """The ADD, or None where this kernel cannot compute it exactly."""
    if not params.a_shape == params.b_shape == params.output_shape:
        return None
    fit = add.search(params, add.WHOLE)
    if fit is None:
        return None
    largest = sum(abs(int(add.WHOLE.products(f)[0])) for f in (fit.first, fit.second))
    if largest + abs(fit.constant) >= 1 << 31:
        return None
    return Addition(math.prod(params.output_shape), fit)
