"""A clock for sessions that goes on only when a test says so: deadlines that no machine is too slow
for, and that nobody waits for."""

from __future__ import annotations

import pytest

from tinyedge.link import arrivals, session


class Clock:
    """Stands in for ``monotonic`` in the link; ``now``: seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        for module in (session, arrivals):
            monkeypatch.setattr(module, "monotonic", lambda: self.now)

    def pass_deadlines(self) -> None:
        """Let go by more than any call may take."""
        self.now += 1000.0
