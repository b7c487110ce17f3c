"""Frames as bytes: header, payload and CRC-32, stuffed with COBS between zero bytes.

Pure functions and one small state machine; no I/O. A zero byte occurs only between frames, so
that a receiver is in step again after any damage with the next zero.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from cobs import cobs

from tinyedge.link import payloads
from tinyedge.link import protocol as p

_DELIMITER = b"\0"
# COBS adds at most one byte in 254, and one.
_LONGEST = (
    payloads.HEADER.size + p.MAX_ANSWER + payloads.SEAL.size + payloads.CRC_BYTES
) * 255 // 254 + 2


@dataclass(frozen=True)
class Frame:
    """One undamaged frame."""

    type: int
    sequence: int
    payload: bytes
    version: int = p.PROTOCOL_VERSION


def encode(frame: Frame) -> bytes:
    """Frame -> bytes on the wire. The leading zero ends whatever noise came before."""
    body = payloads.HEADER.pack(frame.version, frame.type, frame.sequence, len(frame.payload))
    body += frame.payload
    body += zlib.crc32(body).to_bytes(payloads.CRC_BYTES, "little")
    stuffed: bytes = cobs.encode(body)
    return _DELIMITER + stuffed + _DELIMITER


def decode(stuffed: bytes) -> Frame | None:
    """What stood between two zero bytes -> Frame, or None if it is damaged."""
    try:
        body: bytes = cobs.decode(stuffed)
    except cobs.DecodeError:
        return None
    if len(body) < payloads.HEADER.size + payloads.CRC_BYTES:
        return None
    crc = int.from_bytes(body[-payloads.CRC_BYTES :], "little")
    version, kind, sequence, length = payloads.HEADER.ints(body)
    payload = body[payloads.HEADER.size : -payloads.CRC_BYTES]
    if zlib.crc32(body[: -payloads.CRC_BYTES]) != crc or length != len(payload):
        return None
    return Frame(kind, sequence, payload, version)


class Decoder:
    """Collects bytes and returns whole frames. ``damaged`` counts what had to be dropped."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._too_long = False
        self.damaged = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Return the undamaged frames that ``data`` completes, in order."""
        frames = []
        *ended, rest = data.split(_DELIMITER)
        for part in ended:
            self._collect(part)
            frame = self._finish()
            if frame is not None:
                frames.append(frame)
        self._collect(rest)
        return frames

    def _collect(self, part: bytes) -> None:
        self._pending += part
        if len(self._pending) > _LONGEST:
            self._pending.clear()
            self._too_long = True

    def _finish(self) -> Frame | None:
        stuffed, too_long = bytes(self._pending), self._too_long
        self._pending.clear()
        self._too_long = False
        if not stuffed and not too_long:
            return None
        frame = None if too_long else decode(stuffed)
        if frame is None:
            self.damaged += 1
        return frame
