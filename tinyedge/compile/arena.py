"""Places buffers in one block of memory: the smallest block, proved by search.

Two buffers that live at the same time keep a distance that depends on which lies lower. For
strangers it is the lower one's size; for the input and output of a kernel that works in place it is
less, down to nothing. For a fixed order of offsets the lowest placement follows at once: each
buffer lies as low as those below it allow. So the search is over such orders (branch and bound).
Bound: no block is smaller than what the buffers of any few neighbouring steps need by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

#: partial placements that the search may visit before it settles for the best one found
BUDGET = 10_000
#: the same for each bound, and for all bounds together
BOUND_BUDGET, BOUNDS_BUDGET = 1_000, 10_000
#: neighbouring steps that are placed by themselves for a bound
WIDTHS = (1, 2, 3, 4, 6)


@dataclass(frozen=True)
class Buffer:
    """``size`` bytes, alive in steps ``first``..``last`` (both included)."""

    size: int
    first: int
    last: int
    align: int = 4


@dataclass(frozen=True)
class Placement:
    """Offsets of the buffers, the block's size, and whether no smaller block exists."""

    offsets: tuple[int, ...]
    size: int
    minimal: bool


class Problem:
    """Buffers and the distances that they keep."""

    def __init__(self, buffers: Sequence[Buffer]) -> None:
        self.buffers = tuple(buffers)
        count = len(self.buffers)
        #: _distance[i][j]: least offset of j minus offset of i, if i lies below j; None: no rule
        self._distance: list[list[int | None]] = [[None] * count for _ in range(count)]
        for i, a in enumerate(self.buffers):
            for j, b in enumerate(self.buffers):
                if i != j and a.first <= b.last and b.first <= a.last:
                    self._distance[i][j] = a.size

    def allow(self, lower: int, upper: int, distance: int) -> None:
        """Let ``upper`` start ``distance`` (0..size of lower) behind ``lower``'s start."""
        assert 0 <= distance <= self.buffers[lower].size
        self._distance[lower][upper] = distance

    def solve(self) -> Placement:
        """Return the smallest placement found, and whether it is proved to be the smallest."""
        best = min((self._first_fit(key) for key in self._orders()), key=lambda p: p[0])
        bound = self._bound(best[0])
        search = _Search(self, bound, best, BUDGET)
        if best[0] > bound:
            search.run(range(len(self.buffers)))
        size, offsets = search.best
        return Placement(offsets, size, minimal=size == bound or search.complete)

    def distance(self, lower: int, upper: int) -> int | None:
        """Least distance of two buffers' starts with ``lower`` below; None if they never meet."""
        return self._distance[lower][upper]

    def _bound(self, enough: int) -> int:
        """Largest of the smallest blocks that few neighbouring steps need, or ``enough``.

        Steps whose search runs out of budget count for nothing.
        """
        bound, left = 0, BOUNDS_BUDGET
        starts = sorted({buffer.first for buffer in self.buffers})
        for width, first in ((width, first) for width in WIDTHS for first in starts):
            if bound >= enough or left <= 0:
                break
            last = first + width - 1
            alive = [i for i, b in enumerate(self.buffers) if b.first <= last and first <= b.last]
            search = _Search(self, bound, (enough, ()), min(left, BOUND_BUDGET))
            search.run(alive)
            left -= search.visited
            if search.complete:
                bound = max(bound, search.best[0])
        return bound

    def _orders(self) -> Iterator[Callable[[int], tuple[int, ...]]]:
        """Sort keys for first fit: by size, by time, and from each step backwards, then forwards.

        The last suit chains in which every kernel runs forwards: its input lies a little behind
        its output, so that offsets rise towards the past until one no longer matters.
        """
        buffers = self.buffers
        yield lambda i: (-buffers[i].size, buffers[i].first)
        yield lambda i: (buffers[i].first, -buffers[i].size)
        yield lambda i: (buffers[i].first - buffers[i].last, -buffers[i].size)

        def around(step: int) -> Callable[[int], tuple[int, ...]]:
            return lambda i: (
                (0, -buffers[i].first, -buffers[i].size)
                if buffers[i].first <= step
                else (1, buffers[i].first, -buffers[i].size)
            )

        yield from (around(step) for step in sorted({buffer.first for buffer in buffers}))

    def _first_fit(self, key: Callable[[int], tuple[int, ...]]) -> tuple[int, tuple[int, ...]]:
        """Place in the order of ``key``, each at the lowest offset that is free."""
        offsets: dict[int, int] = {}
        for i in sorted(range(len(self.buffers)), key=key):
            offsets[i] = self._lowest(i, offsets)
        size = max((offsets[i] + self.buffers[i].size for i in offsets), default=0)
        return size, tuple(offsets[i] for i in range(len(self.buffers)))

    def _lowest(self, i: int, offsets: dict[int, int]) -> int:
        taken = []  # offsets strictly between these are forbidden
        for j, other in offsets.items():
            below, above = self._distance[i][j], self._distance[j][i]
            if below is not None and above is not None:
                taken.append((other - below, other + above))
        offset = 0
        for low, high in sorted(taken):
            if low < offset < high:
                offset = align_up(high, self.buffers[i].align)
        return offset


class _Search:
    """Depth first over orders of offsets; keeps the best complete placement."""

    def __init__(
        self, problem: Problem, bound: int, best: tuple[int, tuple[int, ...]], budget: int
    ) -> None:
        self.problem = problem
        self.bound = bound
        self.best = best
        self.budget = budget
        self.complete = True
        self.visited = 0

    def run(self, indexes: Sequence[int]) -> None:
        """Search all placements of ``indexes``; ``best`` has the smallest."""
        self._extend({}, dict.fromkeys(indexes, 0), 0)

    def _extend(self, placed: dict[int, int], left: dict[int, int], lowest: int) -> None:
        """``left`` maps the unplaced to the lowest offset that the placed ones leave them."""
        self.visited += 1
        buffers = self.problem.buffers
        if not left:
            size = max((placed[i] + buffers[i].size for i in placed), default=0)
            if size >= self.best[0]:
                return
            self.best = (size, tuple(placed[i] for i in sorted(placed)))
            return
        # A buffer that ends first could go below any that starts behind that end.
        horizon = min(offset + buffers[i].size for i, offset in left.items())
        ready = [i for i, offset in left.items() if lowest <= offset < horizon]
        for i in sorted(ready, key=lambda i: (left[i], -buffers[i].size)):
            if self.best[0] <= self.bound:
                return
            if self.visited >= self.budget:
                self.complete = False
                return
            rest = self._without(i, left)
            if max((o + buffers[k].size for k, o in rest.items()), default=0) < self.best[0]:
                self._extend({**placed, i: left[i]}, rest, left[i])

    def _without(self, i: int, left: dict[int, int]) -> dict[int, int]:
        rest = {}
        for k, offset in left.items():
            if k == i:
                continue
            distance = self.problem.distance(i, k)
            above = 0 if distance is None else left[i] + distance
            rest[k] = max(offset, align_up(above, self.problem.buffers[k].align))
        return rest


def align_up(offset: int, align: int) -> int:
    """Smallest multiple of ``align`` that is not below ``offset``."""
    return -(-offset // align) * align
