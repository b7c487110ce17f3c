"""Weights as the kernels read them: for each channel its taps, exceptions, requantization.

A word holds four taps in the order (2, 3, 0, 1), each plus 128. Their products with any inputs
must stay in 16 bits; where they might not, the taps are a sum of several words: one in its place,
the others, exceptions, behind the taps with the offset of the inputs that they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile.exact import limbs
from tinyedge.compile.kernels.lanes import fits
from tinyedge.compile.params import Int8Array, Int32Array, Requantization

Int64Array = NDArray[np.int64]

GROUP = 4
_ORDER = [2, 3, 0, 1]
_END = -1

#: of two limbs, then of three; each of the bits that most layers need first
NARROW = tuple(limbs.Form(2, bits, signed=False) for bits in (12, 11, 13, 10))
WIDE = tuple(limbs.Form(3, bits, signed=True) for bits in (9, 10, 8, 11))


@dataclass(frozen=True, eq=False)
class Stream:
    """A layer's filters [channels, taps] and their proved requantization."""

    filters: Int8Array
    fit: limbs.Fit

    @property
    def groups(self) -> int:
        """Groups of four taps of a channel."""
        return -(-int(self.filters.shape[1]) // GROUP)

    @cached_property
    def _parts(self) -> list[list[tuple[int, Int64Array]]]:
        """For each channel its (group, taps); the first of each group stand in its order."""
        missing = self.groups * GROUP - self.filters.shape[1]
        filled = np.pad(self.filters.astype(np.int64), [(0, 0), (0, missing)])
        return [_channel(taps) for taps in filled.reshape(filled.shape[0], -1, GROUP)]

    @property
    def exceptions(self) -> int:
        """Exceptions of all channels."""
        return sum(len(parts) - self.groups for parts in self._parts)

    def words(self, group_bytes: int) -> NDArray[np.uint32]:
        """The stream; ``group_bytes``: from a group of inputs to the next."""
        stages = self._stages()
        words: list[int] = []
        for parts, stage in zip(self._parts, stages, strict=True):
            words += [pack(taps) for _, taps in parts[: self.groups]]
            for group, taps in parts[self.groups :]:
                words += [group * group_bytes, pack(taps)]
            words += [_END, *stage]
        return np.array(words, np.int64).astype(np.uint32)

    def _stages(self) -> list[list[int]]:
        fit = self.fit
        rows = [*fit.limbs(), fit.constants]
        if fit.signed:
            rows += [fit.below, fit.negatives]
        stages: list[list[int]] = np.stack([*rows, fit.shifts], axis=1).tolist()
        return stages


def make(
    filters: Int8Array, bias: Int32Array, zero_point: int, requant: Requantization
) -> Stream | None:
    """Of a layer with ``filters`` [channels, taps]; None where no formula is exact."""
    fit = limbs.search(filters, bias, zero_point, requant, (*NARROW, *WIDE))
    return None if fit is None else Stream(filters, fit)


def stage_arguments(fit: limbs.Fit) -> dict[str, int]:
    """How a kernel requantizes, as the macros' arguments."""
    flags = {"wide": fit.form.count > 2, "signed": fit.signed, "limit": fit.clamp}
    return {"bits": fit.form.bits, **{name: int(flag) for name, flag in flags.items()}}


def stage_instructions(fit: limbs.Fit) -> int:
    """Estimated instructions of an output's requantization: see macros.S."""
    return 16 + 5 * (fit.form.count > 2) + 4 * fit.signed + 4 * fit.clamp


def pack(taps: Int64Array) -> int:
    """Four taps as a word."""
    values: list[int] = (taps[_ORDER] + 128).tolist()
    return int.from_bytes(bytes(values), "little")


def _channel(groups: Int64Array) -> list[tuple[int, Int64Array]]:
    parts: list[tuple[int, Int64Array]] = []
    exceptions: list[tuple[int, Int64Array]] = []
    for i, taps in enumerate(groups):
        first, *rest = split(taps)
        parts.append((i, first))
        exceptions += [(i, part) for part in rest]
    return parts + exceptions


def split(taps: Int64Array) -> list[Int64Array]:
    """As few parts as have products that fit, for any inputs; their sum is ``taps``."""
    if fits(taps):
        return [taps]
    half = np.fix(taps / 2).astype(np.int64)
    if fits(half) and fits(taps - half):
        return [taps - half, half]
    places = np.arange(taps.size)
    halves = [np.where(places < taps.size // 2, taps, 0), np.where(places < 2, 0, taps)]
    return [part for h in halves for part in ([h] if fits(h) else _singles(h))]


def _singles(taps: Int64Array) -> list[Int64Array]:
    places = np.arange(taps.size)
    return [np.where(places == i, taps, 0) for i in np.flatnonzero(taps)]
