"""The search for the largest network that fits, over width, depth and input size.

Largest means: most multiply-accumulates. Of networks of one kind that a board has room for, those
with more of them tend to be more accurate (Lin et al., MCUNet, 2020).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinyedge.fitting.candidate import Candidate, Size

Advance = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Space:
    """The values of each axis; ``(None,)``: it stays as the recipe has it. Widths rise."""

    widths: Sequence[float | None]
    depths: Sequence[int | None]
    sizes: Sequence[Size | None]

    @property
    def rows(self) -> tuple[tuple[Candidate, ...], ...]:
        """All candidates: a row for each input size and depth, of rising width."""
        return tuple(
            tuple(Candidate(width, depth, size) for width in self.widths)
            for size, depth in itertools.product(self.sizes, self.depths)
        )


def search(
    space: Space,
    fits: Callable[[Candidate], bool],
    macs: Callable[[Candidate], int],
    advance: Advance,
) -> Candidate | None:
    """The candidate with the most ``macs`` of those that ``fits`` accepts; None: there is none.

    Along a row ``macs`` must not fall, and what does not fit must not fit when wider. Both are
    asked for as few candidates as that allows: a row whose first candidate with more
    multiply-accumulates than the best does not fit is done.
    """
    best = None
    for number, row in enumerate(space.rows):
        advance(number, len(space.rows), describe(row[0]))
        best = _widest(row, best, fits, macs) or best
    advance(len(space.rows), len(space.rows), "")
    return best


def describe(candidate: Candidate) -> str:
    """Depth and input size in words, for progress."""
    parts = [] if candidate.depth is None else [f"depth {candidate.depth}"]
    if candidate.size is not None:
        parts.append(f"input {candidate.size[0]} x {candidate.size[1]}")
    return ", ".join(parts)


def _widest(
    row: Sequence[Candidate],
    best: Candidate | None,
    fits: Callable[[Candidate], bool],
    macs: Callable[[Candidate], int],
) -> Candidate | None:
    """The widest of the row that fits, if it is larger than the best."""
    first = 0 if best is None else bisect_right(row, macs(best), key=macs)
    if first == len(row) or not fits(row[first]):
        return None
    end = bisect_left(row, True, lo=first + 1, key=lambda candidate: not fits(candidate))
    return row[end - 1]
