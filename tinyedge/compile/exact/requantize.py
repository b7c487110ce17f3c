"""Finds, and proves, a one-multiply requantization that equals TFLM's double rounding.

A kernel leaves 2**scale_bits * T in an accumulator, T the exact sum, and then computes::

    t = constant + (accumulator * multiplier >> 32) - (negative if accumulator < 0 else 0)
    y = clamp(t >> shift, 0, 255)                       (the output as uint8 = q + 128)

Both this and the reference never fall as T rises. Two such step functions are equal on an interval
if they agree at its ends and on both sides of every step of one of them: between two steps the
reference is constant, and the other lies between its two equal values. So the reference's steps
are found by bisection, and each channel is tested there: at most 512 points prove all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.params import Requantization
from tinyedge.graph import fixedpoint

Int64Array = NDArray[np.int64]

_INT32 = 1 << 31
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Fit:
    """A proved requantization. The arrays have one entry a channel.

    ``offsets`` are to be subtracted from T before it is scaled (from the bias, that is);
    ``clamp`` says that the output must still be limited to ``low``..``high`` (as uint8).
    """

    scale_bits: int
    shift: int
    multipliers: Int64Array
    constants: Int64Array
    negatives: Int64Array
    offsets: Int64Array
    low: int
    high: int
    clamp: bool

    @property
    def signed(self) -> bool:
        """Whether any channel needs the correction for negative accumulators."""
        return bool(self.negatives.any())

    def apply(self, total: Int64Array) -> Int64Array:
        """T (channels last) -> uint8 values, computed as the kernels do."""
        outputs: Int64Array = np.clip(_scaled(self, total) >> self.shift, self.low, self.high)
        return outputs


@dataclass(frozen=True, eq=False)
class _Points:
    """For each channel, the values of T that decide, and what the reference makes of them."""

    totals: Int64Array  # [points, channels]
    outputs: Int64Array  # [points, channels]
    lowest: Int64Array  # [channels]
    highest: Int64Array  # [channels]


def reference(requant: Requantization, total: Int64Array) -> Int64Array:
    """TFLM's requantization of T (channels last) as uint8 = q + 128."""
    scaled = fixedpoint.multiply_by_quantized_multiplier(total, requant.multipliers, requant.shifts)
    return np.clip(scaled + requant.zero_point, requant.low, requant.high) + 128


def points(
    requant: Requantization, lowest: Int64Array, highest: Int64Array
) -> tuple[Int64Array, Int64Array] | None:
    """Values of T [points, channels] that decide, and the reference's outputs there.

    None where the reference may fall as T rises.
    """
    requant = per_channel(requant, lowest.size)
    if not _shifts_fit(requant, lowest, highest):
        return None
    found = _points(requant, lowest, highest)
    return found.totals, found.outputs


def constants(
    limits: tuple[int, int],
    scaled: Int64Array,
    outputs: Int64Array,
    shift: Int64Array,
    where: NDArray[np.bool_],
) -> tuple[Int64Array, NDArray[np.bool_]]:
    """A constant for each channel that is exact at the points ``where``, and whether there is.

    ``limits`` and ``outputs`` [points, channels] are uint8, ``scaled`` the products before the
    constant is added. Each point bounds the constant from one side or both.
    """
    low, high = limits
    rises, falls = where & (outputs > low), where & (outputs < high)
    least = np.where(rises, (outputs << shift) - scaled, -(_INT32 << 1)).max(axis=0)
    most = np.where(falls, (outputs + 1 << shift) - 1 - scaled, _INT32 << 1).min(axis=0)
    # what no point bounds stays near the other bound
    most = np.where(falls.any(axis=0), most, np.where(rises.any(axis=0), least, 0) + (2 << shift))
    least = np.maximum(least, most - (2 << shift))
    most = np.minimum(most, least + (2 << shift))
    middle = (least + most) >> 1
    return middle, (least <= most) & (np.abs(middle) < _INT32)


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Answer equal questions once: the compiler weighs many plans with the same layers."""
    answers: dict[tuple[object, ...], R] = {}

    @wraps(function)
    def remember(*args: P.args, **kwargs: P.kwargs) -> R:
        given: list[Any] = [*args, *kwargs.values()]
        requant, lowest, highest, *rest = given
        arrays = (requant.multipliers, requant.shifts, lowest, highest)
        limits = (requant.zero_point, requant.low, requant.high)
        key = (*(np.asarray(array).tobytes() for array in arrays), limits, repr(rest))
        if key not in answers:
            answers[key] = function(*args, **kwargs)
        return answers[key]

    return remember


@remembered
def search(
    requant: Requantization,
    lowest: Int64Array,
    highest: Int64Array,
    choices: Sequence[tuple[int, int]],
) -> Fit | None:
    """The first of ``choices`` (scale_bits, shift) that fits every channel, or None.

    ``lowest`` and ``highest`` bound T for each channel, bias included.
    """
    requant = per_channel(requant, lowest.size)
    if not _shifts_fit(requant, lowest, highest):
        return None
    points = _points(requant, lowest, highest)
    for bits, shift in choices:
        fit, missing = _settle(requant, points, bits, shift)
        if not missing.any():
            return fit
    return None


@remembered
def partition(
    requant: Requantization,
    lowest: Int64Array,
    highest: Int64Array,
    choices: Sequence[tuple[int, int]],
    parts: int,
) -> tuple[tuple[Fit, ...], Int64Array] | None:
    """At most ``parts`` fits, and which of them each channel takes; None if more are needed.

    Greedy: each fit is the one that settles most of the channels still without.
    """
    requant = per_channel(requant, lowest.size)
    if not _shifts_fit(requant, lowest, highest):
        return None
    points = _points(requant, lowest, highest)
    tried = [_settle(requant, points, bits, shift) for bits, shift in choices]
    chosen: list[Fit] = []
    part = np.full(lowest.size, -1, dtype=np.int64)
    while (part < 0).any() and len(chosen) < parts:
        fit, missing = max(tried, key=lambda attempt: int(((part < 0) & ~attempt[1]).sum()))
        part[(part < 0) & ~missing] = len(chosen)
        chosen.append(fit)
    return None if (part < 0).any() else (tuple(chosen), part)


def per_channel(requant: Requantization, channels: int) -> Requantization:
    """The same requantization with one multiplier and shift for each channel."""
    return replace(
        requant,
        multipliers=np.broadcast_to(requant.multipliers, (channels,)),
        shifts=np.broadcast_to(requant.shifts, (channels,)),
    )


def _shifts_fit(requant: Requantization, lowest: Int64Array, highest: Int64Array) -> bool:
    """Whether left shifts lose no bits: only then does the reference never fall as T rises."""
    largest = np.maximum(np.abs(lowest), np.abs(highest)) << np.maximum(requant.shifts, 0)
    return bool((largest < _INT32).all())


def _points(requant: Requantization, lowest: Int64Array, highest: Int64Array) -> _Points:
    """Both sides of every step of the reference within the bounds, found by bisection."""
    low, high = requant.low + 128, requant.high + 128
    targets = np.arange(low + 1, high + 1, dtype=np.int64)[:, None]
    below = np.broadcast_to(lowest, (targets.size, lowest.size)).copy()
    above = np.broadcast_to(highest, below.shape).copy()
    while (below < above).any():
        middle = (below + above) >> 1
        reached = reference(requant, middle) >= targets
        above = np.where(reached, middle, above)
        below = np.where(reached, below, np.minimum(middle + 1, above))
    totals = np.concatenate([below, np.maximum(below - 1, lowest), lowest[None], highest[None]])
    return _Points(totals, reference(requant, totals), lowest, highest)


def _scaled(fit: Fit, total: Int64Array) -> Int64Array:
    """T of the formula above."""
    accumulator = (total - fit.offsets) << fit.scale_bits
    product = (accumulator * fit.multipliers) >> 32
    return fit.constants + product - np.where(accumulator < 0, fit.negatives, 0)


def _settle(
    requant: Requantization, points: _Points, scale_bits: int, shift: int
) -> tuple[Fit, NDArray[np.bool_]]:
    """For each channel the first candidate that is exact; and which channels have none."""
    candidates = _candidates(requant, points, scale_bits, shift)
    settled = next(candidates)
    missing = ~_exact(settled, points)
    for candidate in candidates:
        if not missing.any():
            break
        exact = _exact(candidate, points)
        settled = _merge(settled, candidate, missing & exact)
        missing &= ~exact
    return replace(settled, clamp=_needs_clamp(settled, points, ~missing)), missing


def _candidates(
    requant: Requantization, points: _Points, scale_bits: int, shift: int
) -> Iterator[Fit]:
    """Formulas worth testing, most likely first; each holds values for all channels."""
    zeros = np.zeros(points.lowest.size, dtype=np.int64)
    base = Fit(
        scale_bits=scale_bits,
        shift=shift,
        multipliers=zeros,
        constants=(points.outputs[-1] << shift) + (1 << shift >> 1),
        negatives=zeros,
        offsets=zeros,
        low=requant.low + 128,
        high=requant.high + 128,
        clamp=False,
    )
    yield base  # channels that are constant whatever the input
    drop = scale_bits - 1 - shift - requant.shifts.astype(np.int64)
    right = np.maximum(-requant.shifts, 0).astype(np.int64)
    exponent = np.maximum(drop, 0)
    floor = requant.multipliers.astype(np.int64) >> exponent
    nearest = (requant.multipliers + ((np.int64(1) << exponent) >> 1)) >> exponent
    second = np.where((right > 0) & (right < shift), _power(shift - 1 - right), 0)
    zero = (np.int64(requant.zero_point) + 128) << shift
    one_rounding = (np.int64(1) << shift >> 1) + second + zero
    negatives = np.where((right > 0) & (right <= shift), _power(shift - right), 0)
    for multipliers in (nearest, floor, floor + 1):
        kept = np.where((drop >= 0) & (multipliers < _INT32), multipliers, 0)
        plain = replace(base, multipliers=kept)
        for nudge in (0, 1):
            yield replace(plain, constants=one_rounding + nudge)
            yield replace(plain, constants=one_rounding + nudge, negatives=negatives)
        yield from _centred(plain, one_rounding, points)


def _centred(plain: Fit, constants: Int64Array, points: _Points) -> Iterator[Fit]:
    """Formulas whose accumulator holds T less a constant, for large biases."""
    offsets = (points.lowest + points.highest) >> 1
    moved = constants + ((offsets * plain.multipliers) >> (32 - plain.scale_bits))
    for nudge in (0, 1, -1):
        yield replace(plain, constants=moved + nudge, offsets=offsets)


def _power(exponent: Int64Array) -> Int64Array:
    """2**exponent, with negative exponents as 0."""
    return np.where(exponent >= 0, np.int64(1) << np.clip(exponent, 0, 62), 0)


def _exact(fit: Fit, points: _Points) -> NDArray[np.bool_]:
    """Which channels the formula computes exactly, without overflow of 32 bits."""
    ends = np.stack([points.lowest, points.highest]) - fit.offsets << fit.scale_bits
    fits = (np.abs(ends) < _INT32).all(axis=0) | (fit.multipliers == 0)
    scaled = _scaled(fit, np.where(fits, points.totals, fit.offsets))
    fits &= (scaled >= -_INT32).all(axis=0) & (scaled < _INT32).all(axis=0)
    equal = np.clip(scaled >> fit.shift, fit.low, fit.high) == points.outputs
    exact: NDArray[np.bool_] = fits & equal.all(axis=0)
    return exact


def _merge(fit: Fit, other: Fit, where: NDArray[np.bool_]) -> Fit:
    """``fit`` with the channels in ``where`` taken from ``other``."""
    return replace(
        fit,
        multipliers=np.where(where, other.multipliers, fit.multipliers),
        constants=np.where(where, other.constants, fit.constants),
        negatives=np.where(where, other.negatives, fit.negatives),
        offsets=np.where(where, other.offsets, fit.offsets),
    )


def _needs_clamp(fit: Fit, points: _Points, where: NDArray[np.bool_]) -> bool:
    """Whether saturation to 0..255 alone would differ somewhere, in the channels ``where``."""
    saturated = np.clip(_scaled(fit, points.totals) >> fit.shift, 0, 255)
    return not np.array_equal(saturated[:, where], points.outputs[:, where])
