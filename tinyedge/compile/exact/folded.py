"""Finds, and proves, a requantization of a bare sum of products that equals TFLM's double rounding.

For kernels that fold the bias into the last constant. With A = sum(weight * q), q as int8::

    t = constant + (((A << scale_bits) * multiplier) >> 31)        (Cortex-M55: VQDMULH)
    y = clamp(t >> shift, low, high)                               (the output as int8)

As in :mod:`requantize` both sides never fall as A rises, and the reference's steps decide. For a
given multiplier each of those points bounds the constant from both sides; if the bounds leave an
integer, the formula with that constant is exact by construction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyedge.compile.exact import requantize
from tinyedge.compile.exact.requantize import Int64Array
from tinyedge.compile.params import Requantization

_INT32 = 1 << 31
_FAR = 1 << 40
_NUDGES = sorted(range(-24, 25), key=abs)


@dataclass(frozen=True, eq=False)
class Points:
    """Values of T [points, channels] that decide, and the reference's outputs as uint8."""

    totals: Int64Array
    outputs: Int64Array


@dataclass(frozen=True, eq=False)
class Folded:
    """A proved requantization. The arrays have one entry a channel."""

    scale_bits: int
    shift: int
    multipliers: Int64Array
    constants: Int64Array


@requantize.remembered
def search(
    requant: Requantization,
    lowest: Int64Array,
    highest: Int64Array,
    offsets: Int64Array,
    shifts: Sequence[int],
) -> Folded | None:
    """The first of ``shifts`` for which all channels have a formula, or None.

    ``lowest`` and ``highest`` bound T = A + ``offsets`` for each channel, bias included.
    """
    requant = requantize.per_channel(requant, lowest.size)
    found = requantize.points(requant, lowest, highest)
    if found is None:
        return None
    points = Points(*found)
    largest = int(max(abs(lowest - offsets).max(), abs(highest - offsets).max()))
    changing = (points.outputs != points.outputs[0]).any(axis=0)
    most = int(requant.shifts[changing].max(initial=-shifts[0]))
    for shift in shifts:
        bits = max(0, most + shift)
        if largest << bits >= _INT32 or bits > _INT32.bit_length() - 2:
            continue
        fit = _settle(requant, points, offsets, bits, shift)
        if fit is not None:
            return fit
    return None


def _settle(
    requant: Requantization, points: Points, offsets: Int64Array, bits: int, shift: int
) -> Folded | None:
    """Multiplier and constant of every channel, the multiplier near its real value."""
    drop = bits - shift - requant.shifts.astype(np.int64)
    near = requant.multipliers.astype(np.int64) >> np.clip(drop, 0, 62)
    multipliers = np.zeros_like(near)
    constants = (points.outputs[0] - 128 << shift) + (1 << shift >> 1)
    missing = (points.outputs != points.outputs[0]).any(axis=0)
    for nudge in _NUDGES:
        if not missing.any():
            return Folded(bits, shift, multipliers, constants)
        tried = near + nudge
        middle, exact = _bounded(points, offsets, bits, shift, tried, requant)
        settled = missing & exact & (tried >= 0) & (tried < _INT32)
        multipliers = np.where(settled, tried, multipliers)
        constants = np.where(settled, middle, constants)
        missing &= ~settled
    return None if missing.any() else Folded(bits, shift, multipliers, constants)


def _bounded(  # noqa: PLR0917
    points: Points,
    offsets: Int64Array,
    bits: int,
    shift: int,
    multipliers: Int64Array,
    requant: Requantization,
) -> tuple[Int64Array, Int64Array]:
    """The constants in the middle of what all points allow, and for which channels any does."""
    product = ((points.totals - offsets << bits) * multipliers) >> 31
    outputs = points.outputs - 128
    least = np.where(outputs > requant.low, (outputs << shift) - product, -_FAR).max(axis=0)
    most = np.where(outputs < requant.high, (outputs + 1 << shift) - 1 - product, _FAR).min(axis=0)
    middle = np.clip((least + most) >> 1, least, least + (1 << shift))
    middle = np.where(least == -_FAR, most, middle)
    # half a step less is what kernels that round at the end add
    low, high = product.min(axis=0) + middle - (1 << shift >> 1), product.max(axis=0) + middle
    inside = (low >= -_INT32) & (high < _INT32) & (abs(middle) < _INT32 - (1 << shift))
    return middle, (least <= most) & inside
