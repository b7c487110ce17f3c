"""What an inference costs on the serial link: plain and packed, of an input or of a raw frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import LinkError
from tinyedge.link import frames as link
from tinyedge.link import sensing
from tinyedge.link.protocol import Feature
from tinyedge.link.session import Session
from tinyedge.results import WireMode, WireReport
from tinyedge.results.device import WireWay
from tinyedge.samples import Samples

BAUD = 115_200
_BITS = 10  # of a byte on the line: start, eight, stop
_ATTEMPTS = 5
_Ask = Callable[[], object]
Raw = Sequence[NDArray[np.uint8]]
"""Raw frames (height, width, channels)."""


def measure(
    session: Session, samples: Samples, compute_s: float | None, raw: Raw = ()
) -> WireReport:
    """Send every sample in each way and count the bytes of both directions.

    ``compute_s``: seconds that an inference takes; None: not known, as on emulated boards, whose
    samples a second follow from the bytes alone. ``raw``: frames that are sent, too, where the
    firmware has the feature "preprocess", and that come back where it has "collect". Raises
    LinkError without the feature "compress".
    """
    link.require(session, Feature.COMPRESS)
    modes = []
    for name, packed, asks in _ways(session, samples, raw):
        session.packed = packed
        session.stream()
        sent, received = _counted(session, asks)
        seconds = (sent + received) / len(asks) * _BITS / BAUD + (compute_s or 0.0)
        modes.append(
            WireMode(
                mode=name,
                bytes_sent=round(sent / len(asks), 1),
                bytes_received=round(received / len(asks), 1),
                samples_per_second=round(1 / seconds, 2),
            )
        )
    session.packed = True
    return WireReport(
        samples=len(samples),
        inputs=samples.source,
        baud=BAUD,
        input_bytes=session.hello.input_bytes,
        frame_bytes=round(sum(frame.size for frame in raw) / len(raw), 1) if raw else None,
        inference_included=compute_s is not None,
        modes=tuple(modes),
    )


def _ways(
    session: Session, samples: Samples, raw: Raw
) -> Iterator[tuple[WireWay, bool, list[_Ask]]]:
    """Each way's name, whether it is packed, and the inferences."""
    inputs = [samples.payload(at) for at in range(len(samples))]
    whole: list[_Ask] = [partial(session.infer, data) for data in inputs]
    yield "plain", False, whole
    yield "packed", True, whole
    yield "packed, class alone", True, [partial(session.classify, data) for data in inputs]
    if raw and Feature.PREPROCESS in session.hello.features:
        there: list[_Ask] = [partial(_there, session, frame) for frame in raw]
        yield "raw frame, plain", False, there
        yield "raw frame, packed", True, there
    if raw and Feature.COLLECT in session.hello.features:
        back: list[_Ask] = [partial(_back, session, frame) for frame in raw]
        yield "raw frame there and back, plain", False, back
        yield "raw frame there and back, packed", True, back


def _there(session: Session, frame: NDArray[np.uint8]) -> None:
    link.infer(session, link.send(session, frame))


def _back(session: Session, frame: NDArray[np.uint8]) -> None:
    link.infer(session, sensing.show(session, frame).made)


def _counted(session: Session, asks: Sequence[_Ask]) -> tuple[int, int]:
    """Bytes to and from the device, of all inferences."""
    sent = received = 0
    for ask in asks:
        for _ in range(_ATTEMPTS):
            before = session.traffic
            ask()
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
