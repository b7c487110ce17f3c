"""ADD of two tensors of one shape, by a formula that holds for all pairs of bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tinyedge.compile.exact import add
from tinyedge.compile.kernels.instances import instance
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.tuned import Layer
from tinyedge.compile.params import Add

_TURN = 16
_HALF = 16
#: a turn's outputs in the order in which the kernel has them
_PLACES = tuple(place for i in range(4) for place in (i, 8 + i, 4 + i, 12 + i))


def _products(factor: int) -> add.Int64Array:
    return factor * (np.arange(256, dtype=np.int64) - 128)


#: whole products of a factor and q
_WHOLE = add.Form(_products, bits=0, step=1)


@dataclass(frozen=True)
class Addition(Layer):
    """One layer of so many elements; ``constant`` makes the output int8."""

    elements: int
    fit: add.AddFit
    constant: int

    @property
    def turns(self) -> int:
        """Turns of 16 elements."""
        return -(-self.elements // _TURN)

    @property
    def narrow(self) -> int:
        """Bits that are dropped after the lower half of a word."""
        return self.fit.shift - _HALF

    @property
    def instructions(self) -> int:
        """Estimated instructions: see mve_elementwise.S."""
        return 40 + self.turns * (23 + 4 * self.fit.clamp)

    @property
    def input_tail(self) -> int:
        """Bytes read past an operand."""
        return -self.elements % _TURN

    @property
    def output_tail(self) -> int:
        """Bytes written past the output."""
        return -self.elements % _TURN

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        """Lead and lag of :class:`Overlap`: a turn is read before it is written."""
        return 0, input_bytes

    def fields(self) -> Fields:
        """The members of ``te_mve_add_params``."""
        limits = (self.fit.low - 128,) * 16 + (self.fit.high - 128,) * 16
        kernel = instance(
            "te_mve_add_16",
            "te_mve_add_kernel",
            limit=int(self.fit.clamp),
            narrow=self.narrow,
        )
        return (
            ("first", self.fit.first),
            ("second", self.fit.second),
            ("constant", self.constant),
            ("turns", self.turns),
            ("places", _PLACES),
            ("limits", limits),
            ("kernel", kernel),
        )


def plan(params: Add) -> Addition | None:
    """The ADD, or None where this kernel cannot compute it exactly."""
    if not params.a_shape == params.b_shape == params.output_shape:
        return None
    fit = add.search(params, _WHOLE)
    if fit is None:
        return None
    rounding = 1 << fit.shift >> 1 if fit.shift > _HALF else 0  # the second narrowing adds it
    constant = fit.constant - (128 << fit.shift) - rounding
    products = _products(fit.first)[:, None] + _products(fit.second)[None, :] + constant
    if products.min() < -(1 << 31) or products.max() + rounding >= 1 << 31:
        return None
    return Addition(math.prod(params.output_shape), fit, constant)
