"""Finds, and proves, a requantization by products of 32 bits that equals TFLM's double rounding.

For cores without a long multiplication. The multiplier is cut into limbs of some bits, M = sum of
m[i] << i * bits, and with A the sum of products of weights and inputs (no zero point, no bias)::

    p = m[2] * A + (m[1] * A + (m[0] * A >> bits) >> bits)       (or one limb less)
    y = clamp(p + constant - (negative if A < below else 0) >> shift, 0, 255)

which is A * M >> (limbs - 1) * bits, exactly, where no limb's product leaves 32 bits. Every channel
has a shift of its own. For a given multiplier, each deciding point (``requantize.points``) bounds
the constant from both sides; if the bounds leave an integer, the formula with it is exact. Sums
with a bias below zero have a constant of their own, less by ``negative``: halves round away from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, requantize
from tinyedge.compile.params import Int8Array, Int32Array, Requantization

Int64Array = NDArray[np.int64]

_INT32 = 1 << 31
#: distances from the nearest multiplier that are tried
_NUDGES = sorted(range(-16, 17), key=abs)
#: shifts below the largest that are tried
_SHORTER = 4
#: channels that a form must fit before the others are tried
_SAMPLE = 8


@dataclass(frozen=True)
class Form:
    """``count`` limbs of ``bits``, the highest of any size; ``signed``: A may have a ``below``."""

    count: int
    bits: int
    signed: bool

    @property
    def scale(self) -> int:
        """By how many bits the product is shifted."""
        return (self.count - 1) * self.bits


@dataclass(frozen=True, eq=False)
class Fit:
    """A proved requantization; the arrays have one entry a channel.

    ``low`` and ``high`` limit the output (as uint8); ``clamp``: 0 and 255 are not enough.
    """

    form: Form
    multipliers: Int64Array
    constants: Int64Array
    shifts: Int64Array
    below: Int64Array
    negatives: Int64Array
    low: int
    high: int
    clamp: bool

    @property
    def signed(self) -> bool:
        """Whether any channel needs the constant for negative sums."""
        return bool(self.negatives.any())

    def limbs(self) -> Int64Array:
        """[count, channels], the highest first."""
        return _limbs(self.form, self.multipliers)

    def apply(self, total: Int64Array) -> Int64Array:
        """A (channels last) -> uint8 values, computed as the kernels do."""
        limbs = self.limbs()
        carried = np.zeros_like(total)
        for limb in limbs[:0:-1]:
            carried = _wrap(limb * total + carried) >> self.form.bits
        value = _wrap(limbs[0] * total + carried + self.constants)
        value = _wrap(value - np.where(total < self.below, self.negatives, 0)) >> self.shifts
        outputs: Int64Array = np.clip(value, self.low, self.high)
        return outputs


@dataclass(frozen=True, eq=False)
class _Problem:
    """A layer's channels: deciding values of A, outputs there, and the real factor of A."""

    requant: Requantization
    sums: Int64Array  # [points, channels]
    outputs: Int64Array  # [points, channels]
    largest: Int64Array  # [channels]: of |A|
    below: Int64Array  # [channels]: where the sum with its bias gets negative
    factors: NDArray[np.float64]  # [channels]

    def first(self, channels: int) -> _Problem:
        """Of the first channels alone."""
        requant = replace(
            self.requant,
            multipliers=self.requant.multipliers[:channels],
            shifts=self.requant.shifts[:channels],
        )
        return _Problem(
            requant,
            self.sums[:, :channels],
            self.outputs[:, :channels],
            self.largest[:channels],
            self.below[:channels],
            self.factors[:channels],
        )

    @property
    def limits(self) -> tuple[int, int]:
        return self.requant.low + 128, self.requant.high + 128


def search(
    filters: Int8Array,
    bias: Int32Array,
    zero_point: int,
    requant: Requantization,
    forms: Sequence[Form],
) -> Fit | None:
    """The first of ``forms`` that is exact for a layer, or None.

    ``filters`` are [channels, taps].
    """
    arrays = (filters, bias, requant.multipliers, requant.shifts)
    limits = (zero_point, requant.zero_point, requant.low, requant.high)
    # equal layers are asked for again and again: the compiler weighs many plans
    key = (*(array.tobytes() for array in arrays), filters.shape, limits, tuple(forms))
    if key not in _KNOWN:
        problem = _problem(filters, bias, zero_point, requant)
        _KNOWN[key] = None if problem is None else _first(problem, forms)
    return _KNOWN[key]


_KNOWN: dict[tuple[object, ...], Fit | None] = {}


def _first(problem: _Problem, forms: Sequence[Form]) -> Fit | None:
    sample = problem.first(_SAMPLE)
    for form in forms:
        # most forms that do not fit at all fail early
        if _fit(sample, form) and (fit := _fit(problem, form)):
            return fit
    return None


def _problem(
    filters: Int8Array, bias: Int32Array, zero_point: int, requant: Requantization
) -> _Problem | None:
    lowest, highest = bounds.totals(filters, bias, zero_point)
    weights = filters.astype(np.int64)
    folded = bias - zero_point * weights.sum(axis=1)
    found = requantize.points(requant, lowest, highest)
    if found is None:
        return None
    # where the constant changes, both sides decide, too
    around = np.clip(np.array([[-1], [0]]), lowest, highest)
    totals = np.concatenate([found[0], around])
    outputs = np.concatenate([found[1], requantize.reference(requant, around)])
    multipliers = np.broadcast_to(requant.multipliers, lowest.shape).astype(np.float64)
    shifts = np.broadcast_to(requant.shifts, lowest.shape).astype(np.int64)
    # partial sums, too, stay below this
    largest = np.maximum(weights * 127, weights * -128).sum(axis=1)
    largest = np.maximum(largest, -np.minimum(weights * 127, weights * -128).sum(axis=1))
    return _Problem(
        requant=requant,
        sums=totals - folded,
        outputs=outputs,
        largest=np.maximum(largest, 1),
        below=-folded,
        factors=np.ldexp(multipliers, shifts - 31),
    )


def _fit(problem: _Problem, form: Form) -> Fit | None:
    """Every channel by this form, or None."""
    channels = problem.largest.size
    zeros = np.zeros(channels, np.int64)
    low, high = problem.limits
    fit = Fit(form, zeros, zeros, zeros, problem.below, zeros, low, high, clamp=False)
    missing = np.ones(channels, bool)
    room = np.log2(_INT32 / (problem.largest * problem.factors + 512))
    longest = np.clip(np.floor(room).astype(np.int64), 1, 24)
    for shorter in range(_SHORTER):
        shifts = np.maximum(longest - shorter, 1)
        nearest = np.round(np.ldexp(problem.factors, form.scale + shifts)).astype(np.int64)
        for nudge in (None, *_NUDGES):  # None: channels that are constant whatever the input
            multipliers = zeros if nudge is None else np.maximum(nearest + nudge, 0)
            fit, missing = _settle(problem, fit, missing, multipliers, shifts)
            if not missing.any():
                return replace(fit, clamp=_needs_clamp(fit, problem))
    return None


def _settle(
    problem: _Problem,
    fit: Fit,
    missing: NDArray[np.bool_],
    multipliers: Int64Array,
    shifts: Int64Array,
) -> tuple[Fit, NDArray[np.bool_]]:
    """``fit`` with the channels of ``missing`` for which these multipliers and shifts are exact."""
    at = np.flatnonzero(missing & _products_fit(fit.form, multipliers, problem.largest))
    scaled = problem.sums[:, at] * multipliers[at] >> fit.form.scale
    outputs = problem.outputs[:, at]
    bound = partial(requantize.constants, problem.limits, scaled, outputs, shifts[at])
    constants, exact = bound(np.ones(scaled.shape, bool))
    taken = np.zeros_like(constants)
    if fit.form.signed:
        negative = problem.sums[:, at] < problem.below[at]
        (above, fits_above), (below, fits_below) = bound(~negative), bound(negative)
        apart = ~exact & fits_above & fits_below
        constants = np.where(apart, above, constants)
        taken = np.where(apart, above - below, 0)
        exact |= apart
    value = scaled + constants
    exact &= (np.abs(value) < _INT32).all(axis=0) & (np.abs(value - taken) < _INT32).all(axis=0)
    found = at[exact]
    changed = {}
    for name, values in (("constants", constants), ("negatives", taken)):
        changed[name] = getattr(fit, name).copy()
        changed[name][found] = values[exact]
    settled = np.zeros_like(missing)
    settled[found] = True
    changed["multipliers"] = np.where(settled, multipliers, fit.multipliers)
    changed["shifts"] = np.where(settled, shifts, fit.shifts)
    return replace(fit, **changed), missing & ~settled


def _products_fit(form: Form, multipliers: Int64Array, largest: Int64Array) -> NDArray[np.bool_]:
    """Whether the products of all limbs but the highest fit 32 bits, with what is carried."""
    fits = np.ones(largest.shape, bool)
    carried = np.zeros_like(largest)
    for limb in _limbs(form, multipliers)[:0:-1]:
        most = limb * largest + carried
        fits &= most < _INT32
        carried = (most >> form.bits) + 1
    return fits


def _limbs(form: Form, multipliers: Int64Array) -> Int64Array:
    mask = (1 << form.bits) - 1
    parts = [multipliers >> form.scale]
    parts += [multipliers >> form.bits * i & mask for i in reversed(range(form.count - 1))]
    return np.stack(parts)


def _wrap(values: Int64Array) -> Int64Array:
    return values.astype(np.int32).astype(np.int64)


def _needs_clamp(fit: Fit, problem: _Problem) -> bool:
    """Whether saturation to 0..255 alone would differ somewhere."""
    free = replace(fit, low=0, high=255)
    return not np.array_equal(free.apply(problem.sums), problem.outputs)
