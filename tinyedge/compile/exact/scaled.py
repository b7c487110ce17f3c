"""Finds, and proves, a one-multiply requantization of a multiple of T that equals TFLM's rounding.

For kernels whose sums come out times ``scale``, any integer, and whose channels have shifts of
their own::

    s = scale * (T - offset)
    t = (s * multiplier >> 32) + constant - (negative if s < 0 else 0)
    y = clamp(t >> shift, 0, 255)                       (the output as uint8 = q + 128)

Each deciding point (``requantize.points``) bounds the constant of a given multiplier from both
sides; if the bounds leave an integer, the formula with it is exact. Negative sums may have a
constant of their own, less by ``negative``: the reference rounds halves away from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import requantize
from tinyedge.compile.params import Requantization

Int64Array = NDArray[np.int64]

_INT32 = 1 << 31
#: distances from the nearest multiplier that are tried
_NUDGES = sorted(range(-16, 17), key=abs)
#: shifts below the largest that are tried
_SHORTER = 4
_LONGEST = 24
#: tries after which half the channels must be settled, for one constant to be likely for all
_PATIENCE = 8


@dataclass(frozen=True, eq=False)
class Fit:
    """A proved requantization; the arrays have one entry a channel. Limits are as uint8."""

    scale: int
    multipliers: Int64Array
    constants: Int64Array
    negatives: Int64Array
    offsets: Int64Array
    shifts: Int64Array
    low: int
    high: int

    @property
    def signed(self) -> bool:
        """Whether any channel needs the constant for negative sums."""
        return bool(self.negatives.any())

    def apply(self, total: Int64Array) -> Int64Array:
        """T (channels last) -> uint8 values, computed as the kernels do."""
        sums = self.scale * (total - self.offsets)
        value = (sums * self.multipliers >> 32) + self.constants
        value -= np.where(sums < 0, self.negatives, 0)
        outputs: Int64Array = np.clip(value >> self.shifts, self.low, self.high)
        return outputs


@dataclass(frozen=True, eq=False)
class _Problem:
    """Deciding sums (scaled), outputs there, and the real factor of a sum, for each channel."""

    sums: Int64Array  # [points, channels]
    outputs: Int64Array  # [points, channels]
    factors: NDArray[np.float64]  # [channels]

    @property
    def largest(self) -> Int64Array:
        """Of |sum|, [channels]."""
        most: Int64Array = np.abs(self.sums).max(axis=0)
        return most


@requantize.remembered
def search(
    requant: Requantization, lowest: Int64Array, highest: Int64Array, scale: int
) -> Fit | None:
    """A fit of every channel, whose T lie between ``lowest`` and ``highest``; None if one has none.

    No ``scale * (T - offset)`` leaves 32 bits.
    """
    requant = requantize.per_channel(requant, lowest.size)
    found = requantize.points(requant, lowest, highest)
    if found is None:
        return None
    wide = np.maximum(np.abs(lowest), np.abs(highest)) * scale >= _INT32
    offsets = np.where(wide, (lowest + highest) >> 1, 0)
    # where the constant changes, both sides decide, too
    around = np.clip(offsets + np.array([[-1], [0]]), lowest, highest)
    totals = np.concatenate([found[0], around])
    problem = _Problem(
        sums=scale * (totals - offsets),
        outputs=np.concatenate([found[1], requantize.reference(requant, around)]),
        factors=np.ldexp(requant.multipliers / scale, requant.shifts - 31),
    )
    if (problem.largest >= _INT32).any():
        return None
    zeros = np.zeros(lowest.size, np.int64)
    low, high = requant.low + 128, requant.high + 128
    return _fit(problem, Fit(scale, zeros, zeros, zeros, offsets, zeros, low, high))


def _fit(problem: _Problem, fit: Fit) -> Fit | None:
    """``fit`` with every channel settled, by one constant if that is not hopeless; or None."""
    missing = np.ones(problem.largest.size, bool)
    for split in (False, True):
        for done, (multipliers, shifts) in enumerate(_tries(problem, fit)):
            fit, missing = _settle(problem, fit, missing, multipliers, shifts, split=split)
            if not missing.any():
                return fit
            if not split and done == _PATIENCE and missing.sum() > missing.size // 2:
                break
    return None


def _tries(problem: _Problem, fit: Fit) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Yield multipliers and shifts worth testing, most likely first."""
    reach = problem.largest + fit.scale * np.abs(fit.offsets)
    room = np.log2(_INT32 / (reach * problem.factors + 512))
    room = np.minimum(room, -1 - np.log2(problem.factors) - 1e-6)
    longest = np.clip(np.floor(room).astype(np.int64), 1, _LONGEST)
    yield np.zeros_like(longest), longest  # channels that are constant whatever the input
    for shorter in range(_SHORTER):
        shifts = np.maximum(longest - shorter, 1)
        nearest = np.round(np.ldexp(problem.factors, 32 + shifts)).astype(np.int64)
        for nudge in _NUDGES:
            yield nearest + nudge, shifts


def _settle(
    problem: _Problem,
    fit: Fit,
    missing: NDArray[np.bool_],
    multipliers: Int64Array,
    shifts: Int64Array,
    *,
    split: bool,
) -> tuple[Fit, NDArray[np.bool_]]:
    """``fit`` with the channels of ``missing`` for which these multipliers and shifts are exact."""
    at = np.flatnonzero(missing & (multipliers >= 0) & (multipliers < _INT32))
    sums, outputs = problem.sums[:, at], problem.outputs[:, at]
    scaled = sums * multipliers[at] >> 32
    bound = partial(requantize.constants, (fit.low, fit.high), scaled, outputs, shifts[at])
    negative = sums < 0
    if split:
        (constants, exact), (below, fits_below) = bound(~negative), bound(negative)
        taken, exact = constants - below, exact & fits_below
    else:
        constants, exact = bound(np.ones(scaled.shape, bool))
        taken = np.zeros_like(constants)
    value = scaled + constants - np.where(negative, taken, 0)
    # kernels add the constants less 128, for int8
    least = value.min(axis=0) - (128 << shifts[at])
    exact &= (least >= -_INT32) & (value < _INT32).all(axis=0)
    exact &= np.minimum(constants, constants - taken) - (128 << shifts[at]) >= -_INT32
    settled = np.zeros_like(missing)
    settled[at[exact]] = True
    found = {"multipliers": multipliers[at], "shifts": shifts[at]}
    found |= {"constants": constants, "negatives": taken}
    changed = {name: getattr(fit, name).copy() for name in found}
    for name, values in found.items():
        changed[name][settled] = values[exact]
    return replace(fit, **changed), missing & ~settled
