"""Requantization of 256 * T to int8, each channel with its own shift: of Xtensa and RISC-V."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.params import Int8Array, Int32Array, Requantization

Int64Array = NDArray[np.int64]

#: an accumulator holds 2**8 times the sum: weights are widened by a shift to the left
SCALE_BITS = 8
_CHOICES = tuple((SCALE_BITS, shift) for shift in (12, 11, 13, 10, 14, 9, 15, 8, 16, 7, 17, 6, 18))
_PARTS = len(_CHOICES)


@dataclass(frozen=True, eq=False)
class Stage:
    """A layer's proved requantization; the arrays have one entry a channel.

    T = initial / 256 + sum of weight * (q + 128) = signed_initial + sum of weight * q; then
    y = clamp((T * 256 * multiplier >> 32) + constant - (negative where T < 0) >> shift).
    """

    initial: Int64Array
    signed_initial: Int64Array
    multipliers: Int64Array
    constants: Int64Array
    negatives: Int64Array
    shifts: Int64Array

    @property
    def signed(self) -> bool:
        """Whether any channel needs the correction for negative sums."""
        return bool(self.negatives.any())

    def head(self) -> Int64Array:
        """[channels, words]: what stands before a channel's weights in the stream."""
        words = [self.initial, self.multipliers, self.constants, self.shifts]
        return np.stack(words + [self.constants - self.negatives] * self.signed, axis=1)


def stage(
    filters: Int8Array, bias: Int32Array, zero_point: int, requant: Requantization
) -> Stage | None:
    """Of a layer with ``filters`` [channels, taps]; None where no formula is exact."""
    lowest, highest = bounds.totals(filters, bias, zero_point)
    found = requantize.partition(requant, lowest, highest, _CHOICES, _PARTS)
    if found is None:
        return None
    fits, part = found

    def pick(name: str) -> Int64Array:
        values: Int64Array = np.choose(part, [getattr(fit, name) for fit in fits])
        return values

    shifts = np.array([fit.shift for fit in fits], np.int64)[part]
    sums = filters.astype(np.int64).sum(axis=1)
    offsets = pick("offsets")
    made = Stage(
        initial=(bias - (zero_point + 128) * sums - offsets) << SCALE_BITS,
        signed_initial=bias - zero_point * sums - offsets,
        multipliers=pick("multipliers"),
        constants=pick("constants") - (np.int64(128) << shifts),
        negatives=pick("negatives"),
        shifts=shifts,
    )
    ends = np.stack([lowest, highest]) - offsets << SCALE_BITS
    return made if _in_range(made, ends) else None


def _in_range(made: Stage, ends: Int64Array) -> bool:
    """Whether 128 less, for int8, leaves 32 bits at neither end of the sums."""
    scaled = (ends * made.multipliers >> 32) + made.constants - made.negatives
    return bool((scaled >= -(1 << 31)).all() and (made.constants >= -(1 << 31)).all())
