"""Without a mark the link's time stamps stand in; and what makes no figure is refused."""

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from tinyedge import board as boards
from tinyedge.device import energy
from tinyedge.errors import CheckFailed, LinkError
from tinyedge.link.session import Session
from tinyedge.meter import Sample
from tinyedge.samples import Samples

HOST = boards.load("host")
SAMPLES = Samples("made up", (np.zeros((3, 4), np.int8),))
TICKS = 20_000_000  # of 1 ns


class _Meter:
    """Measures 6 W at all times, every ``step_s`` of the host's clock, an hour in the past."""

    damaged = 0

    def __init__(
        self, step_s: float = 0.001, fails: Exception | None = None, silent: bool = False
    ) -> None:
        self._step, self._next = step_s, time.monotonic()
        self._fails, self._silent = fails, silent

    def open(self) -> None:
        pass

    def read(self, timeout_s: float) -> Sequence[Sample]:
        if self._fails is not None:
            raise self._fails
        time.sleep(min(timeout_s, 0.005))
        found = []
        while self._next < time.monotonic() and not self._silent:
            found.append(Sample(self._next - 3600, 2.0, 3.0))
            self._next += self._step
        return found

    def close(self) -> None:
        pass


def _session() -> Session:
    def infer(_: object) -> SimpleNamespace:
        time.sleep(2 * TICKS / 1e9)  # with the transfers
        return SimpleNamespace(ticks=TICKS)

    facts = {"model": "m", "sha256": "s", "runtime": "aot", "features": 0}
    hello = SimpleNamespace(**facts, output_bytes=10, tick_hz=1_000_000_000)
    return cast(Session, SimpleNamespace(infer=infer, hello=hello))


def _measure(meter: _Meter) -> energy.EnergyReport:
    named = ("made up", "nowhere")
    return energy.measure(_session(), HOST, meter, SAMPLES, elf_sha256="", named=named)


def test_the_links_time_stamps_stand_in_for_a_mark() -> None:
    report = _measure(_Meter())
    assert report.aligned_by == "link"
    assert report.inferences + report.discarded == 3
    assert report.seconds.median == pytest.approx(TICKS / 1e9)
    assert report.joules.median == pytest.approx(6 * TICKS / 1e9)
    assert report.watts == pytest.approx(6)


def test_a_monitor_that_is_too_slow_is_refused() -> None:
    with pytest.raises(CheckFailed, match=r"measures every 900 ms, and an inference takes 20 ms"):
        _measure(_Meter(step_s=0.9))  # so seldom that no two inferences meet a measurement each


def test_a_monitor_that_fails_or_is_silent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LinkError, match="the monitor has gone"):
        _measure(_Meter(fails=LinkError("the monitor has gone", "plug it in")))
    with pytest.raises(LinkError, match="the power monitor failed: KeyError: 'volts'"):
        _measure(_Meter(fails=KeyError("volts")))
    monkeypatch.setattr(energy, "_FIRST_S", 0.05)
    with pytest.raises(LinkError, match="sent no measurement"):
        _measure(_Meter(silent=True))
