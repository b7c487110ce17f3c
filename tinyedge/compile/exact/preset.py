"""Finds, and proves, a requantization without any addition that equals TFLM's double rounding.

For kernels whose accumulator begins with the constant. With T the exact sum, bias included::

    y = clamp(((T << scale_bits) + preset) * multiplier >> 32 >> shift, low, high)

As in :mod:`folded` both sides never fall as T rises, the reference's steps decide, and for a given
multiplier each of those points bounds the preset from both sides; if the bounds leave an integer,
the formula with it is exact by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import requantize
from tinyedge.compile.exact.requantize import Int64Array
from tinyedge.compile.params import Requantization

_INT32 = 1 << 31
_FAR = 1 << 60
#: to the multiplier nearest to the real one. The preset exact with it would seldom be an
#: integer: another slope leaves room for one that is
_NUDGES = (0, *(sign * step << bits for bits in range(14) for step in (2, 3) for sign in (1, -1)))
#: what another slope may close
_WIDE = 64
#: of channels whose output is always the same: the preset is a quarter of the scaled output
_ALWAYS = 1 << 30


@dataclass(frozen=True, eq=False)
class Preset:
    """A proved requantization. The arrays have one entry a channel.

    ``changing``: the others' outputs do not depend on T, which is to be 0 in the formula.
    """

    scale_bits: int
    shifts: Int64Array
    multipliers: Int64Array
    presets: Int64Array
    changing: NDArray[np.bool_]


@requantize.remembered
def search(
    requant: Requantization,
    lowest: Int64Array,
    highest: Int64Array,
    scale_bits: int,
    shifts: Sequence[int],
) -> Preset | None:
    """For each channel the first of ``shifts`` for which there is a formula; None if one has none.

    ``lowest`` and ``highest`` bound T for each channel, bias included.
    """
    requant = requantize.per_channel(requant, lowest.size)
    found = requantize.points(requant, lowest, highest)
    if found is None:
        return None
    totals, outputs = found[0], found[1] - 128
    fit = _begun(outputs, scale_bits, shifts[0])
    for shift in shifts:
        drop = scale_bits - 1 - shift - requant.shifts.astype(np.int64)
        near = requant.multipliers.astype(np.int64) >> np.clip(drop, 0, 62)
        for nudge in _NUDGES:
            at = np.flatnonzero(fit.multipliers == 0)
            if not at.size:
                return fit
            multipliers = np.where(drop >= 0, near + nudge, 0)[at]
            points = totals[:, at] << scale_bits, outputs[:, at]
            presets, gap = _bounded(requant, points, shift, multipliers)
            if not nudge and _hopeless(points[0], gap, multipliers):
                return None
            exact = gap <= 0
            settled = at[exact]
            fit.shifts[settled] = shift
            fit.multipliers[settled] = multipliers[exact]
            fit.presets[settled] = presets[exact]
    return None


def _begun(outputs: Int64Array, scale_bits: int, shift: int) -> Preset:
    """Settled where the output never changes; elsewhere a multiplier of 0 says: none yet."""
    changing = (outputs != outputs[0]).any(axis=0)
    return Preset(
        scale_bits,
        np.full(changing.size, shift, np.int64),
        np.where(changing, 0, _ALWAYS),
        2 * outputs[0] + 1 << (shift + 1),
        changing,
    )


def _bounded(
    requant: Requantization,
    points: tuple[Int64Array, Int64Array],
    shift: int,
    multipliers: Int64Array,
) -> tuple[Int64Array, Int64Array]:
    """The presets in the middle of what all points allow, and by how much none does, or 0.

    The gap is _FAR where the multiplier, or 32 bits for the sums, are what does not allow any.
    """
    sums, outputs = points
    possible = (multipliers > 0) & (multipliers < _INT32)
    divisor = np.where(possible, multipliers, 1)

    def reaching(values: Int64Array) -> Int64Array:
        """The least preset with which the outputs are ``values`` or more."""
        least: Int64Array = -(-(values << (32 + shift)) // divisor) - sums
        return least

    least = np.where(outputs > requant.low, reaching(outputs), -_FAR).max(axis=0)
    most = np.where(outputs < requant.high, reaching(outputs + 1) - 1, _FAR).min(axis=0)
    # a channel that changes is bounded on both sides
    middle = (least + most) >> 1
    ends = np.stack([sums.min(axis=0), sums.max(axis=0)]) + middle
    inside = (ends >= -_INT32).all(axis=0) & (ends < _INT32).all(axis=0)
    return middle, np.where(possible & inside, np.maximum(least - most, 0), _FAR)


def _hopeless(sums: Int64Array, gap: Int64Array, multipliers: Int64Array) -> bool:
    """Whether a channel's gap is wider than what its multiplier lacks in precision.

    So it is where sums below 0 are rounded the other way, and outputs show it.
    """
    imprecise = 2 * abs(sums).max(axis=0) // np.maximum(multipliers, 1)
    return bool(((gap > _WIDE + imprecise) & (gap < _FAR)).any())
