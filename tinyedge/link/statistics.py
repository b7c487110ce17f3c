"""What a device with the feature ``monitor`` has counted."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link.payloads import MONITOR_BINS, MONITOR_CLASSES
from tinyedge.link.protocol import Feature, Reset, Type
from tinyedge.link.session import Session

_TABLES = struct.Struct(f"<{MONITOR_BINS}I{MONITOR_CLASSES}I{MONITOR_BINS}Q{len(Reset)}I")


@dataclass(frozen=True)
class Counts:
    """Since the device was started or cleared. ``failed`` of the inferences gave no answer.

    ``confidence``: answers by their largest int8 value, ``classes``: by its place, ``inputs``:
    bytes by their int8 value; 16 values a bin. Ticks are of the inferences with an answer.
    ``resets``: starts by protocol.Reset since power came, as far as RAM kept them.
    """

    inferences: int
    failed: int
    damaged: int
    overruns: int
    stack_peak: int
    ticks_least: int
    ticks_most: int
    ticks: int
    input_bytes: int
    input_sum: int
    input_squares: int
    confidence: tuple[int, ...]
    classes: tuple[int, ...]
    inputs: tuple[int, ...]
    resets: tuple[int, ...]

    @property
    def input_mean(self) -> float:
        """Of all int8 input values."""
        return self.input_sum / self.input_bytes if self.input_bytes else 0.0

    @property
    def input_spread(self) -> float:
        """Their standard deviation."""
        if not self.input_bytes:
            return 0.0
        return float(max(0.0, self.input_squares / self.input_bytes - self.input_mean**2) ** 0.5)


def read(session: Session) -> Counts:
    """Ask for the counts. Raises LinkError if the firmware keeps none."""
    _require(session)
    head = payloads.MONITORED.size
    payload = session.call(Type.MONITOR, head + _TABLES.size)
    tables = _TABLES.unpack(payload[head:])
    end = MONITOR_BINS + MONITOR_CLASSES
    names = (name for name, _ in payloads.MONITORED.fields)
    single = dict(zip(names, payloads.MONITORED.ints(payload), strict=True))
    return Counts(
        inferences=single["inferences"],
        failed=single["failed"],
        damaged=single["damaged"],
        overruns=single["overruns"],
        stack_peak=single["stack_peak"],
        ticks_least=single["ticks_least"],
        ticks_most=single["ticks_most"],
        ticks=single["ticks"],
        input_bytes=single["input_bytes"],
        input_sum=single["input_sum"],
        input_squares=single["input_squares"],
        confidence=tables[:MONITOR_BINS],
        classes=tables[MONITOR_BINS:end],
        inputs=tables[end : end + MONITOR_BINS],
        resets=tables[end + MONITOR_BINS :],
    )


def clear(session: Session) -> None:
    """Count from nothing again."""
    _require(session)
    session.call(Type.MONITOR_CLEAR, 0)


@contextlib.contextmanager
def uncounted(session: Session) -> Iterator[None]:
    """Have the device count from nothing afterwards, however this ends, if it inferred meanwhile.

    For samples that a host sends to teach or to try: they are nothing that the device has met.
    """
    before = session.inference
    try:
        yield
    finally:
        if session.inference != before and session.hello.features & Feature.MONITOR:
            with contextlib.suppress(LinkError):  # gone: what ended this says so
                clear(session)


def _require(session: Session) -> None:
    if not session.hello.features & Feature.MONITOR:
        raise LinkError(
            f"{session.name}: this firmware keeps no statistics",
            'build and flash it with "--feature monitor"',
        )
