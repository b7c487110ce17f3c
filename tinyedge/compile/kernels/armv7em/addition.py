"""ADD of two tensors of one shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinyedge.compile.exact import add
from tinyedge.compile.kernels.instances import instance, limits
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Add
from tinyedge.compile.plan import Instance


@dataclass(frozen=True, eq=False)
class Addition(Layer):
    """One ADD, four elements at a time; the output may be either operand."""

    params: Add
    fit: add.AddFit

    @property
    def words(self) -> int:
        """Groups of four elements."""
        return -(-math.prod(self.params.output_shape) // 4)

    @property
    def input_tail(self) -> int:
        """Bytes read past an operand."""
        return -math.prod(self.params.output_shape) % 4

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return self.input_tail

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`."""
        return 0, input_bytes

    @property
    def instructions(self) -> int:
        """Estimated instructions: see elementwise.S."""
        return 40 + (23 + 5 * self.fit.clamp) * self.words

    @property
    def kernel(self) -> Instance:
        """The kernel's instantiation."""
        return instance(
            "te_add_4", "te_add_kernel", shift=self.fit.shift, limit=int(self.fit.clamp)
        )

    def fields(self) -> Fields:
        """The members of ``te_v7em_add_params``."""
        return (
            ("words", self.words),
            ("first", self.fit.first),
            ("second", self.fit.second),
            ("constant", self.fit.constant),
            ("limits", limits(self.fit.low, self.fit.high)),
            ("kernel", self.kernel),
        )


def plan(params: Add) -> Addition | None:
    """The ADD, or None where this kernel cannot compute it exactly."""
    if not params.a_shape == params.b_shape == params.output_shape:
        return None
    fit = add.search(params)
    return None if fit is None else Addition(params, fit)
