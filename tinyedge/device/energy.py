"""Energy an inference: a device runs the model while a power monitor measures its supply."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from tinyedge.board import Board
from tinyedge.errors import CheckFailed, LinkError, TinyedgeError
from tinyedge.link import protocol
from tinyedge.link.session import Session
from tinyedge.meter.integrate import Recording, Window
from tinyedge.meter.samples import PowerMeter, Sample
from tinyedge.results import EnergyReport, Spread
from tinyedge.samples import Samples

_READ_S = 0.1
_FIRST_S = 10.0  # that a monitor may take to send its first measurement
_LAST_S = 10.0  # and to send those of the last inference
_PAUSE_S = 0.05  # between two inferences, so that the monitor sees the mark fall
_FEWEST = 2  # samples in an inference
_BITS = 10  # of a byte on the wire
_ANSWER_BYTES = 32  # of an answer, besides the outputs


@dataclass(frozen=True)
class Span:
    """An inference as the host saw it: sent and answered, by its own clock; the device's ticks."""

    sent_s: float
    answered_s: float
    ticks: int


def measure(
    session: Session,
    board: Board,
    meter: PowerMeter,
    samples: Samples,
    *,
    elf_sha256: str,
    named: tuple[str, str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> EnergyReport:
    """One inference with each sample, under an open ``meter``; ``named``: its and the device's URL.

    The mark says when each ran, where firmware and monitor have it; else the link's time stamps.
    Raises LinkError if one of the two goes, CheckFailed where they do not agree or the monitor
    measures too seldom.
    """
    recording, windows, marked = _recorded(session, board, meter, samples, progress)
    whole = [window for window in windows if window.whole]
    _require(whole, recording)
    return EnergyReport(
        model=session.hello.model,
        sha256=session.hello.sha256,
        elf_sha256=elf_sha256,
        board=board.id,
        runtime=session.hello.runtime,
        meter=named[0],
        url=named[1],
        aligned_by="mark" if marked else "link",
        inferences=len(whole),
        discarded=len(windows) - len(whole),
        damaged=meter.damaged,
        joules=_spread([window.joules for window in whole]),
        seconds=_spread([window.seconds for window in whole]),
        watts=statistics.median(window.joules / window.seconds for window in whole),
        idle_watts=recording.idle_w(windows),
        samples=statistics.median(window.samples for window in whole),
        rate_hz=1 / recording.step_s,
        emulated=board.flash.method in ("qemu", "host", "labwired"),
    )


def _recorded(
    session: Session,
    board: Board,
    meter: PowerMeter,
    samples: Samples,
    progress: Callable[[int, int], None],
) -> tuple[Recording, list[Window], bool]:
    """What the monitor measured, the inferences in it, and whether the mark says where."""
    with _recorder(meter) as recorder:
        has_pin = bool(session.hello.features & protocol.Feature.MARK)
        marked = has_pin and recorder.samples[0].mark is not None
        spans = _spans(session, samples, progress)
        recorder.until(time.monotonic(), falls=len(samples) if marked else 0)
    recording = Recording(recorder.samples)
    if marked:
        return recording, _by_mark(recording, len(samples)), True
    return recording, _by_link(recording, spans, recorder.offset_s, session, board), False


def _spans(session: Session, samples: Samples, progress: Callable[[int, int], None]) -> list[Span]:
    spans = []
    for number in samples.numbered(progress):
        sent = time.monotonic()
        answer = session.infer(samples.payload(number))
        spans.append(Span(sent, time.monotonic(), answer.ticks))
        time.sleep(_PAUSE_S)
    return spans


def _by_mark(recording: Recording, wanted: int) -> list[Window]:
    windows = recording.marked()
    if len(windows) != wanted:
        raise CheckFailed(
            f"the monitor saw the mark {len(windows)} times in {wanted} inferences",
            "wire peripherals.mark_pin to its digital input, and let it measure more often",
        )
    return windows


def _by_link(
    recording: Recording, spans: Sequence[Span], offset_s: float, session: Session, board: Board
) -> list[Window]:
    """By the host's clock, into which the least delayed measurement turns the monitor's.

    The answer's bytes take their time after an inference; its length is the device's own, where its
    clock tells time.
    """
    answer = (session.hello.output_bytes + _ANSWER_BYTES) * _BITS / board.link.baud
    windows = []
    for span in spans:
        end = max(span.answered_s - answer, span.sent_s)
        start = span.sent_s
        if board.timer.measures != "instructions":
            start = max(start, end - span.ticks / session.hello.tick_hz)
        windows.append(recording.window(start - offset_s, end - offset_s))
    return windows


def _require(whole: Sequence[Window], recording: Recording) -> None:
    if not whole:
        raise CheckFailed(
            "the monitor has lost samples in every inference", "lower its rate, or raise its baud"
        )
    samples = statistics.median(window.samples for window in whole)
    if samples < _FEWEST:
        seconds = statistics.median(window.seconds for window in whole)
        raise CheckFailed(
            f"the monitor measures every {recording.step_s * 1e3:.3g} ms, and an inference takes "
            f"{seconds * 1e3:.3g} ms",
            "let it measure more often, or choose a larger model",
        )


def _spread(values: Sequence[float]) -> Spread:
    return Spread(median=statistics.median(values), min=min(values), max=max(values))


class _Recorder:
    """Reads a monitor in a thread of its own; ``offset_s``: the host's clock less the monitor's."""

    def __init__(self, meter: PowerMeter) -> None:
        self._meter = meter
        self._over = threading.Event()
        self._error: TinyedgeError | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.samples: list[Sample] = []
        self.offset_s = float("inf")
        self._falls = 0

    def start(self) -> None:
        """Returns once a sample has come. Raises LinkError if none does."""
        self._thread.start()
        until = time.monotonic() + _FIRST_S
        while not self.samples and time.monotonic() < until:
            self._check()
            time.sleep(_READ_S / 10)
        if not self.samples:
            raise LinkError(
                f"the monitor has sent no measurement within {_FIRST_S:.0f} s",
                "check its port, its baud rate, and that it measures (see docs/energy.md)",
            )

    def until(self, host_s: float, falls: int) -> None:
        """Returns once what was measured at that time of the host's clock is there.

        ``falls``: and so many falls of the mark. Gives up after a while.
        """
        limit = time.monotonic() + _LAST_S
        while time.monotonic() < limit:
            late = self.samples[-1].time_s + self.offset_s < host_s
            if not late and self._falls >= falls:
                return
            self._check()
            time.sleep(_READ_S / 10)

    def stop(self) -> None:
        """End the thread."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        try:
            while not self._over.is_set():
                some = self._meter.read(_READ_S)
                now = time.monotonic()
                if some:
                    # The newest is the one that has been delayed the least.
                    self.offset_s = min(self.offset_s, now - some[-1].time_s)
                    known = [*self.samples[-1:], *some]
                    self._falls += sum(bool(a.mark) and not b.mark for a, b in pairwise(known))
                    self.samples += some
        except TinyedgeError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001  of a monitor that is not ours
            self._error = LinkError(
                f"the power monitor failed: {type(error).__name__}: {error}",
                "correct its class (docs/energy.md says what read owes), or plug it in again",
            )


@contextmanager
def _recorder(meter: PowerMeter) -> Iterator[_Recorder]:
    recorder = _Recorder(meter)
    try:
        recorder.start()
        yield recorder
        recorder.stop()
        recorder._check()
    finally:
        recorder.stop()
