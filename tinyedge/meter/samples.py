"""What a power monitor gives, and what owns one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement. It stands until the next.

    ``time_s``: seconds of the monitor's own clock, from any start. ``mark``: whether the device's
    mark was high; None: the monitor has no digital input.
    """

    time_s: float
    current_a: float
    voltage_v: float
    mark: bool | None = None

    @property
    def power_w(self) -> float:
        """Watts."""
        return self.current_a * self.voltage_v


class PowerMeter(Protocol):
    """A power monitor. Made with the text behind its name, e.g. a port; measures once it is open.

    Every call raises TinyedgeError (LinkError where the monitor has gone), never another.
    """

    damaged: int
    """Measurements that were lost or made no sense since ``open``."""

    def open(self) -> None:
        """Begin to measure."""

    def read(self, timeout_s: float) -> Sequence[Sample]:
        """What has been measured since the last call, in order of time.

        Waits up to ``timeout_s`` seconds for the first; empty if none came. Called again and again
        from one thread.
        """

    def close(self) -> None:
        """Give the monitor back. May be called twice, and before ``open``."""
