"""Requantization as the Xtensa kernels do it: in four instructions where they are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, preset
from tinyedge.compile.kernels import stage as general
from tinyedge.compile.params import Int8Array, Int32Array, Requantization

Int64Array = NDArray[np.int64]

_SHIFTS = (12, 11, 13, 10, 14, 9, 15, 8, 16, 7, 17, 6, 18)
#: instructions of TE_STORE_STEPS and TE_SIGNED_STEPS in macros.S
_STEPS, _SIGNED_STEPS = 4, 7


@dataclass(frozen=True, eq=False)
class Stage:
    """A layer's proved requantization; ``head`` [channels, words] stands before its weights.

    ``filters`` are the layer's, but 0 in channels whose output is always the same. ``signed``:
    sums below 0 have a constant of their own, else the first value of the sum holds it.
    """

    signed: bool
    filters: Int8Array
    shifts: Int64Array
    head: Int64Array

    @property
    def steps(self) -> int:
        """Instructions from a sum to a stored byte."""
        return _SIGNED_STEPS if self.signed else _STEPS


def stage(
    filters: Int8Array, bias: Int32Array, zero_point: int, requant: Requantization
) -> Stage | None:
    """Of a layer with ``filters`` [channels, taps]; None where no formula is exact."""
    lowest, highest = bounds.totals(filters, bias, zero_point)
    fit = preset.search(requant, lowest, highest, general.SCALE_BITS, _SHIFTS)
    if fit is None:
        return _signed(filters, general.stage(filters, bias, zero_point, requant))
    sums = filters.astype(np.int64).sum(axis=1)
    initial = bias - (zero_point + 128) * sums << general.SCALE_BITS
    initial = np.where(fit.changing, initial, 0) + fit.presets
    head = np.stack([initial, fit.multipliers, fit.shifts], axis=1)
    kept = np.where(fit.changing[:, None], filters, 0).astype(np.int8)
    return Stage(signed=False, filters=kept, shifts=fit.shifts, head=head)


def _signed(filters: Int8Array, made: general.Stage | None) -> Stage | None:
    """The formula that has a constant for sums below 0, whether a channel needs it or not."""
    if made is None:
        return None
    below = made.constants - made.negatives
    words = [made.initial, made.multipliers, made.shifts, made.constants, below]
    return Stage(signed=True, filters=filters, shifts=made.shifts, head=np.stack(words, axis=1))
