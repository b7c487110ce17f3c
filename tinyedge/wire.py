"""What an inference costs on the serial link: plain, packed, and with class and score alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tinyedge.errors import LinkError
from tinyedge.link.frames import require
from tinyedge.link.protocol import Feature
from tinyedge.link.session import Session
from tinyedge.results import WireMode, WireReport
from tinyedge.samples import Samples

BAUD = 115_200
_BITS = 10  # of a byte on the line: start, eight, stop
_ATTEMPTS = 5
_Mode = Literal["plain", "packed", "packed, class alone"]


def measure(session: Session, samples: Samples, compute_s: float | None) -> WireReport:
    """Send every sample in each way and count the bytes of both directions.

    ``compute_s``: seconds that an inference takes; None: not known, as on emulated boards, whose
    samples a second follow from the bytes alone. Raises LinkError without the feature "compress".
    """
    require(session, Feature.COMPRESS)
    modes = []
    for name in ("plain", "packed", "packed, class alone"):
        sent, received = _counted(session, samples, name)
        count = len(samples)
        seconds = (sent + received) / count * _BITS / BAUD + (compute_s or 0.0)
        modes.append(
            WireMode(
                mode=name,
                bytes_sent=round(sent / count, 1),
                bytes_received=round(received / count, 1),
                samples_per_second=round(1 / seconds, 2),
            )
        )
    session.packed = True
    return WireReport(
        samples=len(samples),
        inputs=samples.source,
        baud=BAUD,
        input_bytes=session.hello.input_bytes,
        inference_included=compute_s is not None,
        modes=tuple(modes),
    )


def _counted(session: Session, samples: Samples, mode: _Mode) -> tuple[int, int]:
    """Bytes to and from the device, of all samples."""
    session.packed = mode != "plain"
    ask: Callable[[list[bytes]], object] = (
        session.classify if mode == "packed, class alone" else session.infer
    )
    sent = received = 0
    for number in range(len(samples)):
        inputs = [array.tobytes() for array in samples[number]]
        for _ in range(_ATTEMPTS):
            before = session.traffic
            ask(inputs)
            traffic = session.traffic.since(before)
            if traffic.repeats == traffic.damaged == 0:
                break
        else:
            raise LinkError(
                f"{session.name}: requests had to be repeated, so that their bytes tell nothing",
                "check the wiring, or close what else loads this computer",
            )
        sent, received = sent + traffic.bytes_sent, received + traffic.bytes_received
    return sent, received
