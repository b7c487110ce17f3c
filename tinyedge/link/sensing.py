"""Frames that come from a device with the feature "collect", with what it made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import LinkError
from tinyedge.link import frames, messages, payloads
from tinyedge.link.frames import Made
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Code, Feature, Type
from tinyedge.link.session import Session


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame (height, width, channels), as the device sent it; None: not all of it came."""

    image: NDArray[np.uint8] | None
    made: Made


def sense(session: Session) -> Shot:
    """Take a frame with the board's sensor.

    Raises LinkError as every call of the session does, and where there is no sensor.
    """
    frames.require(session, Feature.COLLECT)
    number = session.begin()
    session.parts.clear()
    session.stream()
    request = [(Type.SENSE, payloads.SENSE.pack(number))]
    try:
        answer = session.exchange(request, session.deadlines.invoke_s).payload
    except DeviceError as error:
        if error.code == Code.SENSOR:
            raise LinkError(
                f"{session.name}: the board has no sensor, or it has failed "
                f"({error.detail:,} bytes of a frame came)",
                "its port owes te_port_sensor_begin and te_port_sensor_read; or leave out --sensor",
            ) from error
        if error.code == Code.RANGE:
            raise LinkError(
                f"{session.name}: the input is not made of such frames as the board's sensor has",
                "its te_port_sensor_begin says height, width and channels: of a picture up to 2^24 "
                "pixels and 1 or 3 channels, of sound TE_INPUT_SAMPLES, 1 and 2",
            ) from error
        raise session.refused(error) from error
    if len(answer) != payloads.SHOT.size or payloads.SHOT.ints(answer)[0] != number:
        raise session.nonsense("SENSE")
    _, height, width, channels, ticks, crc = payloads.SHOT.ints(answer)
    return Shot(_image(session, (height, width, channels)), Made(crc, ticks))


def show(session: Session, image: NDArray[np.uint8]) -> Shot:
    """Push a frame where the board has no sensor; it comes back as one of a sensor does."""
    frames.require(session, Feature.COLLECT)
    session.parts.clear()
    session.stream()
    made = frames.push(session, image, Type.SHOW)
    return Shot(_image(session, image.shape), made)


def _image(session: Session, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    number, size = session.inference, int(np.prod(shape))
    parts = {(0, at): data for (of, at), data in session.parts.items() if of == number}
    whole = messages.assembled(parts, (size,))
    if whole is None or len(whole[0]) != size:
        return None
    return np.frombuffer(whole[0], np.uint8).reshape(shape)
