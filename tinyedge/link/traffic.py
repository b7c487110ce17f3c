"""What has gone over a link: frames, bytes, repetitions, damage, and how long answers took."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Traffic:
    """Counters of one session. ``round_trips``: seconds from a request to its answer, in order.

    ``damaged``: frames that the host has dropped. ``repeats``: requests sent again, because their
    answer was late.
    """

    frames_sent: int = 0
    frames_received: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    repeats: int = 0
    damaged: int = 0
    round_trips: list[float] = field(default_factory=list)

    def sent(self, frames: int, size: int) -> None:
        """Count ``frames`` of ``size`` bytes in all."""
        self.frames_sent += frames
        self.bytes_sent += size

    def copy(self) -> Traffic:
        """As it is now, for :meth:`since`."""
        return Traffic(**{**vars(self), "round_trips": list(self.round_trips)})

    def since(self, earlier: Traffic) -> Traffic:
        """What has come since then."""
        counts = {
            name: value - getattr(earlier, name)
            for name, value in vars(self).items()
            if name != "round_trips"
        }
        return Traffic(**counts, round_trips=self.round_trips[len(earlier.round_trips) :])

    def percentile(self, percent: float) -> float:
        """Seconds within which so many of 100 answers came (nearest rank); 0 without any."""
        ranked = sorted(self.round_trips)
        return ranked[max(1, math.ceil(len(ranked) * percent / 100)) - 1] if ranked else 0.0
