"""From samples to joules: between marks, or between times; a sample stands until the next."""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tinyedge.meter.samples import Sample

_GAP = 3.0  # times the usual time between two samples: some are lost


@dataclass(frozen=True)
class Window:
    """One inference as the monitor saw it. ``whole``: no sample in it is missing."""

    start_s: float
    end_s: float
    joules: float
    samples: int
    whole: bool

    @property
    def seconds(self) -> float:
        """How long it took, by the monitor's clock."""
        return self.end_s - self.start_s


class Recording:
    """Samples in order of time."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = list(samples)
        self._times = [sample.time_s for sample in self.samples]
        steps = [later - earlier for earlier, later in pairwise(self._times)]
        self.step_s = statistics.median(steps) if steps else 0.0

    def marked(self) -> list[Window]:
        """From each rise of the mark to its fall; one that the recording cuts off is left out."""
        found, start = [], None
        for number, (before, after) in enumerate(pairwise(self.samples), 1):
            if after.mark and not before.mark:
                start = number
            elif before.mark and not after.mark and start is not None:
                found.append(self.window(self._times[start], self._times[number]))
                start = None
        return found

    def window(self, start_s: float, end_s: float) -> Window:
        """Between two times of the monitor's clock; what the recording does not cover counts 0."""
        first = max(bisect_right(self._times, start_s) - 1, 0)
        last = bisect_left(self._times, end_s)
        joules, whole = 0.0, bool(self._times) and self._times[0] <= start_s
        for number in range(first, last):
            until = self._times[number + 1] if number + 1 < len(self._times) else end_s
            whole = whole and until - self._times[number] <= _GAP * self.step_s
            held = min(until, end_s) - max(self._times[number], start_s)
            joules += max(held, 0.0) * self.samples[number].power_w
        covered = bool(self._times) and end_s <= self._times[-1] + self.step_s
        return Window(start_s, end_s, joules, last - first, whole and covered)

    def idle_w(self, windows: Sequence[Window]) -> float | None:
        """Median power outside of the windows, between the first and the last; None: no sample."""
        if not windows:
            return None
        starts = [window.start_s for window in windows]
        powers = []
        for sample in self.samples:
            number = bisect_right(starts, sample.time_s) - 1
            if not 0 <= number < len(windows) - 1 or sample.time_s < windows[number].end_s:
                continue
            powers.append(sample.power_w)
        return statistics.median(powers) if powers else None
