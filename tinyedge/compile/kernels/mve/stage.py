"""Requantization of bare sums of weight * q to int8, and how the kernels' streams hold it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import bounds, folded
from tinyedge.compile.params import Int8Array, Int32Array, Requantization

Int64Array = NDArray[np.int64]
Words = NDArray[np.uint32]

#: the lower half of a word is dropped; what is left may be narrowed by some bits more
_HALF = 16
_SHIFTS = (16, 17, 18)


@dataclass(frozen=True, eq=False)
class Stage:
    """A layer's requantization; ``factors`` [channels, 2 or 3].

    Folded (proved for the layer): multiplier and constant. Else, TFLM's own roundings: bias,
    multiplier and negative shift.
    """

    general: bool
    scale: int
    narrow: int
    factors: Int64Array
    zero: int
    low: int
    high: int

    @property
    def limit(self) -> bool:
        """Whether the output is limited further than int8 is."""
        return (self.low, self.high) != (-128, 127)

    @property
    def arguments(self) -> dict[str, int]:
        """Of the macros' instantiations."""
        return {
            "general": int(self.general),
            "limit": int(self.limit),
            "scale": self.scale,
            "narrow": self.narrow,
        }

    @property
    def instructions(self) -> int:
        """For eight outputs, from the sums in general registers to bytes in a vector."""
        return (18 if self.general else 10 + 2 * bool(self.scale)) + 5 * self.limit

    def words(self) -> Words:
        """The factors as the streams hold them."""
        words: Words = (self.factors & 0xFFFFFFFF).astype(np.uint32)
        return words


def stage(
    filters: Int8Array, bias: Int32Array, zero_point: int, requant: Requantization
) -> Stage | None:
    """Of a layer with ``filters`` [channels, taps]; None where no form is exact."""
    lowest, highest = bounds.totals(filters, bias, zero_point)
    offsets = bias - zero_point * filters.astype(np.int64).sum(axis=1)
    limits = requant.zero_point, requant.low, requant.high
    fit = folded.search(requant, lowest, highest, offsets, _SHIFTS)
    if fit is not None:
        narrow = fit.shift - _HALF
        rounding = 1 << fit.shift >> 1 if narrow else 0
        factors = np.stack([fit.multipliers, fit.constants - rounding], axis=1)
        return Stage(False, fit.scale_bits, narrow, factors, *limits)
    channels = lowest.size
    multipliers = np.broadcast_to(requant.multipliers, (channels,)).astype(np.int64)
    shifts = np.broadcast_to(requant.shifts, (channels,)).astype(np.int64)
    # a shift of 0 would round nothing, and must not round halves away from zero either
    if not ((shifts < 0) | (multipliers == 0)).all() or (abs(offsets) >= 1 << 31).any():
        return None
    return Stage(True, 0, 0, np.stack([offsets, multipliers, shifts], axis=1), *limits)


def vectors(words: Words, order: list[int]) -> Words:
    """[channels, factors] -> [groups of len(order) channels, 2, factors, 4]: a vector a factor.

    ``order``: which channels of a group are the lanes of its two vectors.
    """
    groups = words.reshape(-1, len(order), words.shape[1])[:, order]
    return groups.reshape(len(groups), 2, 4, -1).swapaxes(2, 3)
