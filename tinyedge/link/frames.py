"""Raw frames for firmware with the feature "preprocess", which makes its input of them."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import LinkError
from tinyedge.link import packing, payloads, protocol
from tinyedge.link.burst import burst
from tinyedge.link.messages import DeviceError, Inference
from tinyedge.link.protocol import Feature, Type
from tinyedge.link.session import Session


@dataclass(frozen=True)
class Made:
    """The input that a device has made of a frame: its CRC-32, and the ticks that it took."""

    crc: int
    ticks: int


def send(session: Session, frame: NDArray[np.uint8]) -> Made:
    """Begin an inference with a frame.

    It is a picture (height, width, 1 or 3 channels) of any size, or the bytes of sound (samples, 1,
    2). Raises LinkError as every call of the session does, and if the firmware lacks the feature.
    """
    require(session, Feature.PREPROCESS)
    return push(session, frame, Type.PIXELS)


def push(session: Session, frame: NDArray[np.uint8], kind: Type) -> Made:
    """The same with requests of ``kind``, PIXELS or SHOW."""
    number, data = session.begin(), frame.tobytes()
    until = monotonic() + session.deadlines.invoke_s
    request = payloads.FRAME.pack(number, *frame.shape)
    session.call(Type.FRAME, payloads.FRAMED.size, request)
    received = 0
    packed = session.packed and packing.streams(session.hello)
    some_of = packing.burst if packed else burst
    while received < len(data):
        some, _ = some_of(session.hello, kind, number, data, received)
        try:
            answer = session.exchange(some, until - monotonic()).payload
        except DeviceError as error:
            raise session.refused(error) from error
        if len(answer) != payloads.FRAMED.size:
            raise session.nonsense(kind.name)
        of, received, ticks, crc = payloads.FRAMED.ints(answer)
        if of != number or received > len(data):
            raise session.nonsense(kind.name)
    return Made(crc, ticks)


def read_input(session: Session) -> bytes:
    """The input that the device has made of the last frame, before it is run."""
    total, data = session.hello.input_bytes, b""
    while len(data) < total:
        size = min(total - len(data), protocol.MAX_ANSWER - payloads.OUTPUT.size)
        request = payloads.MADE.pack(session.inference, len(data), size)
        answer = session.call(Type.MADE, payloads.OUTPUT.size + size, request)
        if payloads.OUTPUT.ints(answer) != (session.inference, len(data)):
            raise session.nonsense("MADE")
        data += answer[payloads.OUTPUT.size :]
    return data


def infer(session: Session, made: Made) -> Inference:
    """Run the inference that ``made`` is the input of."""
    request = payloads.INVOKE.pack(session.inference, session.hello.input_bytes, made.crc)
    try:
        answer = session.exchange([(Type.INVOKE, request)], session.deadlines.invoke_s)
    except DeviceError as error:
        raise session.refused(error) from error
    return session.outputs(answer.payload)


def require(session: Session, feature: Feature) -> None:
    """Raise LinkError where the firmware has not the ``feature``."""
    if feature not in session.hello.features:
        name = (feature.name or "").lower()
        raise LinkError(
            f"{session.name}: this firmware lacks the feature {name}",
            f"leave out --port, or flash firmware built with --feature {name}",
        )
