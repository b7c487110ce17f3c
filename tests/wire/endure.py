"""Inferences on the host board over a faulty line, each checked; the device dies now and then."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from tests.support import fixture_firmware as fixture
from tests.wire.line import FaultyLine, HostDied
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.build import Artifact
from tinyedge.errors import LinkError
from tinyedge.flash import process
from tinyedge.flash.process import Process
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport

FIRST, SECOND = 12, 5
RATES = (0.0, 1 / 3000, 1 / 1000, 1 / 300, 1 / 100)
PER_SESSION = (10, 150)
BAUD = 10_000_000  # the host board's answers take no time on the line
DEADLINES = Deadlines(60, 60, 60, repeat_s=0.002, repeat_most_s=0.008)
#: beyond the deadline, for a machine that is busy with other things
SLACK_S = 60.0
_GROWTH_KB = {"host": 16 * 1024, "device": 1024}


@dataclass
class Tally:
    """What has happened. ``problems`` must stay empty."""

    right: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def __str__(self) -> str:
        faults = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.faults.items()))
        ended = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.ended.items()))
        return (
            f"{self.right:,} answers right, {self.refused.total():,} clear errors, "
            f"{len(self.problems)} problems; faults: {faults}; ended: {ended or 'none'}; "
            f"slowest call {self.slowest_s:.1f} s"
        )


def firmware(folder: Path) -> Artifact:
    """The hand-made model with inputs so short that some frames get through any line."""
    sizes = {"FIXTURE_FIRST": FIRST, "FIXTURE_SECOND": SECOND}
    return fixture.made(folder, boards.load("host"), **sizes)


def run(
    artifact: Artifact,
    count: int,
    seed: int,
    *,
    hear: Callable[[Tally], None] = lambda _: None,
) -> Tally:
    """``count`` inferences, from one device to the next."""
    rng, tally, grown = random.Random(seed), Tally(), Growth()
    while tally.right + tally.refused.total() < count and not tally.problems:
        with flash.run(artifact, boards.load("host")) as device:
            assert device.process is not None
            _Device(device.url, device.process, rng, tally, grown).serve(count)
        hear(tally)
    return tally


class Growth:
    """Resident memory of host and device, against what they took once warm.

    Huge pages are left out: the system makes them of small ones when it likes.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str, int], int] = {}
        self.last: dict[str, int] = {}  # role -> KB when it was last looked at

    def check(self, role: str, pid: int | str) -> str:
        """A complaint, or ""."""
        try:
            pages = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has just died
            return ""
        sizes = {
            name: int(size.split()[0]) for name, _, size in (p.partition(":") for p in pages[1:])
        }
        now = sizes["Rss"] - sizes["AnonHugePages"]
        first = self._first.setdefault((role, hash(pid)), now)
        self.last[role] = now
        over = now - first > _GROWTH_KB[role]
        return f"{role} grew from {first:,} to {now:,} KB" if over else ""


class _Device:
    """One process of the host board, until it is killed or enough has been asked.

    ``rng`` says what is done, whatever the line does, which has draws of its own: how many it
    takes depends on how bytes arrive.
    """

    def __init__(
        self, url: str, owner: Process, rng: random.Random, tally: Tally, grown: Growth
    ) -> None:
        self._url, self._owner, self._rng = url, owner, rng
        self._tally, self._grown = tally, grown
        self._runs = self._unsure = 0  # runs that are known of; errors since

    def serve(self, count: int) -> None:
        tally = self._tally
        while tally.right + tally.refused.total() < count and process.alive(self._owner):
            rate = self._rng.choice(RATES)
            draws = random.Random(self._rng.random())
            line = FaultyLine(SerialTransport(self._url, 115200), draws, rate)
            try:
                self._session(line, count)
            except LinkError as error:  # it was not even greeted
                self._refuse(error)
            except HostDied:
                tally.ended["host in mid-frame"] += 1
                line.close()
            tally.faults += line.faults
            complaints = [
                self._grown.check("host", "self"),
                self._grown.check("device", self._owner.pid),
            ]
            tally.problems += filter(None, complaints)
            if tally.problems:
                return

    def _session(self, line: FaultyLine, count: int) -> None:
        with Session(line, BAUD, fixture.SHA256, deadlines=DEADLINES) as session:
            for left in reversed(range(self._rng.randint(*PER_SESSION))):
                if self._tally.right + self._tally.refused.total() >= count:
                    return
                if left == 0:
                    self._arm(line)
                self._infer(session)

    def _arm(self, line: FaultyLine) -> None:
        """The last inference of a session may end badly."""
        end = self._rng.choice(("", "half", "all", "host"))
        if end == "half":
            line.after_half = lambda: self._kill("device in mid-frame")
        elif end == "all":
            line.after_all = lambda: self._kill("device in mid-inference")
        elif end == "host":
            line.after_half = _die

    def _kill(self, what: str) -> None:
        self._tally.ended[what] += 1
        os.kill(self._owner.pid, signal.SIGKILL)
        assert process.ends(self._owner, SLACK_S)

    def _infer(self, session: Session) -> None:
        sent = [
            bytes([self._rng.randrange(0x70)]) + self._rng.randbytes(FIRST - 1),
            self._rng.randbytes(SECOND),
        ]
        began = monotonic()
        try:
            outputs = session.infer(sent).outputs
        except LinkError as error:
            self._unsure += 1
            self._refuse(error)
            return
        finally:
            took = monotonic() - began
            self._tally.slowest_s = max(self._tally.slowest_s, took)
            if took > DEADLINES.invoke_s + DEADLINES.answer_s + SLACK_S:
                self._tally.problems.append(f"a call took {took:.1f} s")
        self._judge(sent, outputs)

    def _judge(self, sent: list[bytes], outputs: tuple[bytes, ...]) -> None:
        """The bytes are right, and the device has run this input once and for this answer alone."""
        try:
            fixture.check(sent, outputs)
        except AssertionError as error:
            self._tally.problems.append(f"a wrong answer to {sent}: {error}")
        runs = int.from_bytes(outputs[1][4:], "little")
        if not self._runs < runs <= self._runs + 1 + self._unsure:
            self._tally.problems.append(
                f"run {runs} after {self._runs} with {self._unsure} that were never answered"
            )
        self._runs, self._unsure = runs, 0
        self._tally.right += 1

    def _refuse(self, error: LinkError) -> None:
        self._tally.refused[type(error).__name__] += 1
        if not error.message:
            self._tally.problems.append("an error without a message")


def _die() -> None:
    raise HostDied
