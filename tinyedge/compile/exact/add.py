"""Finds, and proves, a sum of two products that equals TFLM's ADD for all 65,536 operand pairs.

With a and b as uint8 = q + 128::

    t = constant + (first * (a << 7) >> 16) + (second * (b << 7) >> 16)
    y = clamp(t >> shift, low, high)

For given factors, every pair bounds the constant from both sides; if the bounds leave an integer,
the formula with that constant is exact by construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.params import Add
from tinyedge.graph import fixedpoint

Int64Array = NDArray[np.int64]

_INT32 = 1 << 31
_SHIFTS = (16, 18, 20, 21, 22)
_NUDGES = sorted(range(-6, 7), key=abs)
_BYTES = np.arange(256, dtype=np.int64)


@dataclass(frozen=True)
class AddFit:
    """A proved ADD; ``clamp`` says that saturation to 0..255 is not enough."""

    shift: int
    first: int
    second: int
    constant: int
    low: int
    high: int

    @property
    def clamp(self) -> bool:
        """Whether the output is limited further than uint8 is."""
        return (self.low, self.high) != (0, 255)


def reference(q: Add) -> Int64Array:
    """TFLM's output (as uint8) for every pair of operands, [a, b]."""
    a = (_BYTES - 128 - q.a_zero_point) << q.left_shift
    b = (_BYTES - 128 - q.b_zero_point) << q.left_shift
    scaled_a = fixedpoint.multiply_by_quantized_multiplier(a, q.a_multiplier, q.a_shift)
    scaled_b = fixedpoint.multiply_by_quantized_multiplier(b, q.b_multiplier, q.b_shift)
    out = q.requant
    total = fixedpoint.multiply_by_quantized_multiplier(
        scaled_a[:, None] + scaled_b[None, :], int(out.multipliers[0]), int(out.shifts[0])
    )
    return np.clip(total + out.zero_point, out.low, out.high) + 128


@dataclass(frozen=True)
class Form:
    """How a kernel multiplies: ``products`` of a factor with all 256 bytes, 2**-bits of their size.

    ``step``: factors are multiples of it where the shift is 16.
    """

    products: Callable[[int], Int64Array]
    bits: int
    step: int


def search(q: Add, form: Form | None = None) -> AddFit | None:
    """A formula that is exact for every pair, or None. Default: the one above."""
    form = form or _HALFWORDS
    expected = reference(q)
    low, high = q.requant.low + 128, q.requant.high + 128
    for shift, first, second in _factors(q, form):
        total = form.products(first)[:, None] + form.products(second)[None, :]
        least = np.where(expected > low, (expected << shift) - total, -_INT32 - total).max()
        most = np.where(expected < high, ((expected + 1) << shift) - total, _INT32 - total).min()
        if least < most and -_INT32 <= least < _INT32:
            return AddFit(shift, first, second, int((least + most) // 2), low, high)
    return None


def _products(factor: int) -> Int64Array:
    return (factor * (_BYTES << 7)) >> 16


def _products_on_top(factor: int) -> Int64Array:
    return (factor * ((_BYTES - 128) << 24)) >> 32


def _whole_products(factor: int) -> Int64Array:
    return factor * (_BYTES - 128)


_HALFWORDS = Form(_products, bits=9, step=64)
#: the upper half of a factor times q at the top of a word
ON_TOP = Form(_products_on_top, bits=8, step=1)
#: a factor times q
WHOLE = Form(_whole_products, bits=0, step=1)


def _factors(q: Add, form: Form) -> Iterator[tuple[int, int, int]]:
    """(shift, first, second) near the real factors, most likely first."""
    out = _power(int(q.requant.multipliers[0]), int(q.requant.shifts[0]))
    for shift in _SHIFTS:
        scale = out * 2.0 ** (q.left_shift + shift + form.bits)
        first = round(_power(q.a_multiplier, q.a_shift) * scale)
        second = round(_power(q.b_multiplier, q.b_shift) * scale)
        if max(first, second) + 6 * 64 >= _INT32:
            continue
        step = form.step if shift == 16 else 1
        for nudge in _NUDGES:
            for other in _NUDGES:
                yield shift, first + nudge * step, second + other * step


def _power(multiplier: int, shift: int) -> float:
    return float(multiplier) * 2.0 ** (shift - 31)
