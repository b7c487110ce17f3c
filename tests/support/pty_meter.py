"""A power monitor on a pseudo terminal: lines of CSV by a clock of its own, with a known integral.

It reads the host board's marks from a pipe. While the mark is low it measures ``IDLE_A``; inference
number N, whatever it really takes, has ``HIGH`` samples of ``busy_a(N)``.
"""

from __future__ import annotations

import os
import select
from pathlib import Path

from tests.support.pty_end import PtyEnd

VOLTS, IDLE_A, HIGH, LOW, STEP_S = 3.0, 0.001, 40, 10, 0.001


def busy_a(number: int) -> float:
    """Amperes in inference ``number``, from 0."""
    return 0.010 + 0.002 * number


def joules(number: int) -> float:
    """Of inference ``number``."""
    return VOLTS * busy_a(number) * HIGH * STEP_S


class PtyMeter(PtyEnd):
    """``pipe``: what TE_MARKS is to name."""

    def __init__(self, folder: Path, loses: int = -1) -> None:
        """``loses``: half of that inference's samples are never sent."""
        super().__init__()
        self.pipe = folder / "marks"
        os.mkfifo(self.pipe)
        self._marks = os.open(self.pipe, os.O_RDWR)
        self._time, self._number, self._high, self._loses = 100.0, 0, False, loses

    def __exit__(self, *_error: object) -> None:
        super().__exit__()
        os.close(self._marks)

    def _serve(self) -> None:
        self._say("half a line,1\r\n# time,current,voltage,mark\r\n")
        while not self._over.is_set():
            if select.select([self._marks], [], [], 0.02)[0]:
                for level in os.read(self._marks, 64).decode():
                    self._take(level == "1")
            elif not self._high:
                self._measure(IDLE_A, LOW)

    def _take(self, high: bool) -> None:
        self._high = high
        if not high:
            self._measure(IDLE_A, LOW)
            return
        lost = HIGH // 2 if self._number == self._loses else 0
        self._measure(busy_a(self._number), (HIGH - lost) // 2)
        self._time += lost * STEP_S
        self._measure(busy_a(self._number), HIGH - lost - (HIGH - lost) // 2)
        self._number += 1

    def _measure(self, amperes: float, samples: int) -> None:
        for _ in range(samples):
            self._say(f"{self._time:.6f},{amperes:.6f},{VOLTS},{int(self._high)}\r\n")
            self._time += STEP_S

    def _say(self, text: str) -> None:
        data = text.encode()
        while data and not self._over.is_set():
            if select.select([], [self._master], [], 0.1)[1]:
                data = data[os.write(self._master, data) :]
