"""The authenticated link: who has the device's key is heard, once, and nobody else understands.

Host and device share a key of 32 bytes. Each sends the other a nonce (CHALLENGE), and both derive
the session's key from the three with HChaCha20. From AUTH on, which proves to each that the other
has derived the same, a frame's payload is sealed with ChaCha20-Poly1305 (RFC 8439):

- nonce: the direction (u32: TO_DEVICE or TO_HOST), 0 (u32), the counter (u32)
- authenticated, not encrypted: the frame's header, with the length that it has on the wire
- behind the encrypted payload: SEAL, which is the counter and the tag

Counters grow with every frame of their direction, a repeated one included: what was taken once, or
was overtaken, is not taken again. A frame that is not sealed can end a session, but never be an
answer in it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tinyedge.errors import ConfigError, LinkError
from tinyedge.link import payloads
from tinyedge.link.framing import Frame
from tinyedge.link.messages import DeviceError, Hello
from tinyedge.link.protocol import Code, Doubt, Feature, Type

TO_DEVICE, TO_HOST = 1, 2
SESSION_LABEL = b"tinyedge session"
KeyOf = Callable[[str], bytes]
"""The key of the device of that name; raises TinyedgeError if there is none."""
_WORD = 0xFFFF_FFFF
_CONSTANT = struct.unpack("<4I", b"expand 32-byte k")
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_HINT = 'give its key with --device-key; "tinyedge keys --device NAME" made it'


class Link(Protocol):
    """What is needed of a session."""

    hello: Hello

    @property
    def name(self) -> str:
        """Where the device is."""

    def call(self, kind: Type, answer_bytes: int, payload: bytes = b"") -> bytes:
        """One request whose answer has exactly ``answer_bytes``."""

    def ask(self, kind: Type) -> bytes:
        """The same for a request without payload; raises DeviceError if it is refused."""


def hchacha20(key: bytes, data: bytes) -> bytes:
    """32 and 16 bytes -> 32 bytes (draft-irtf-cfrg-xchacha, 2.2)."""
    state = [*_CONSTANT, *struct.unpack("<8I", key), *struct.unpack("<4I", data)]
    for _ in range(10):
        for places in (*_COLUMNS, *_DIAGONALS):
            _quarter(state, *places)
    return struct.pack("<8I", *state[:4], *state[12:])


def _quarter(x: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[first] = (x[first] + x[second]) & _WORD
        mixed = x[third] ^ x[first]
        x[third] = (mixed << turn | mixed >> (32 - turn)) & _WORD


def session_key(key: bytes, host: bytes, device: bytes) -> bytes:
    """The session's key, of the device's key and both nonces."""
    return hchacha20(hchacha20(hchacha20(key, SESSION_LABEL), host), device)


class Seal:
    """Seals what goes to a device, and opens what comes from it; or the other way round."""

    def __init__(self, key: bytes, said: int = TO_DEVICE, heard: int = TO_HOST) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._says, self._hears = said, heard
        self._said = self._heard = 0
        self.proven = False  # the device has answered
        self.doubted = 0  # ERRORs since then, by nobody vouched for, that refuse what was sealed

    def seal(self, frame: Frame) -> Frame:
        """``frame``, sealed; the same one again gives other bytes."""
        self._said += 1
        length = len(frame.payload) + payloads.SEAL.size
        sealed = self._cipher.encrypt(
            _nonce(self._says, self._said), frame.payload, _header(frame, length)
        )
        cut = len(frame.payload)
        trailer = payloads.SEAL.pack(self._said, sealed[cut:])
        return replace(frame, payload=sealed[:cut] + trailer)

    def open(self, frame: Frame) -> Frame | None:
        """What was sealed; None if it was not, or was taken before."""
        cut = len(frame.payload) - payloads.SEAL.size
        if cut < 0:
            return None
        counter, tag = payloads.SEAL.unpack(frame.payload[cut:])
        assert isinstance(counter, int)
        assert isinstance(tag, bytes)
        if counter <= self._heard:
            return None
        nonce, header = _nonce(self._hears, counter), _header(frame, len(frame.payload))
        try:
            payload = self._cipher.decrypt(nonce, frame.payload[:cut] + tag, header)
        except InvalidTag:
            return None
        self._heard, self.proven = counter, True
        return replace(frame, payload=payload)

    def heard(self, frame: Frame) -> Frame | None:
        """``open``, or what ends a session, as it is; None for the rest: nobody vouches for it."""
        return self.open(frame) or (frame if self._ends(frame) else None)

    def _ends(self, frame: Frame) -> bool:
        if frame.type == Type.READY:
            return True
        if frame.type != Type.ERROR or len(frame.payload) < payloads.ERROR.size:
            return False
        code, detail = payloads.ERROR.ints(frame.payload)
        if code == Code.AUTH and self.proven and detail != Doubt.SESSION:
            self.doubted += 1  # someone else's request, perhaps
            return False
        return code in (Code.FAULT, Code.AUTH)


def _nonce(direction: int, counter: int) -> bytes:
    return struct.pack("<3I", direction, 0, counter)


def _header(frame: Frame, length: int) -> bytes:
    return payloads.HEADER.pack(frame.version, frame.type, frame.sequence, length)


def begin(link: Link, keys: KeyOf | None) -> Seal | None:
    """Exchange nonces with a device that has been greeted; None if neither side has a key.

    Raises LinkError if only one has, for then someone in between may be what answers, and what
    ``keys`` raises.
    """
    wants = bool(link.hello.features & Feature.AUTH)
    if keys is None:
        if not wants:
            return None
        raise LinkError(f"{link.name}: the device answers only who has its key", _HINT)
    if not wants:
        raise LinkError(
            f"{link.name}: the device has no key: it does not run firmware with the feature auth",
            'flash the firmware that was built with its key ("tinyedge flash --device-key FILE")',
        )
    mine = os.urandom(payloads.NONCE_BYTES)
    answer = link.call(Type.CHALLENGE, payloads.CHALLENGED.size, payloads.CHALLENGE.pack(mine))
    theirs, name = payloads.CHALLENGED.unpack(answer)
    assert isinstance(theirs, bytes)
    assert isinstance(name, bytes)
    try:
        key = keys(name.split(b"\0", 1)[0].decode(errors="replace"))
    except ConfigError as error:
        raise ConfigError(f"{link.name}: {error.message}", error.hint) from error
    return Seal(session_key(key, mine, theirs))


def prove(link: Link) -> bool:
    """Open the session, sealed from now on; returns whether the device's nonces are random.

    Raises LinkError if the keys differ.
    """
    try:
        answer = link.ask(Type.AUTH)
    except DeviceError as error:
        if error.code != Code.AUTH:
            raise
        raise LinkError(
            f"{link.name}: the device has another key than this one",
            "give the key that it was flashed with, or flash it again with this one "
            '("tinyedge flash --device-key FILE")',
        ) from error
    (random,) = payloads.AUTHENTICATED.ints(answer)
    return bool(random)


def within(hello: Hello) -> Hello:
    """``hello``, with the room that seals leave in its frames."""
    size = payloads.SEAL.size
    return replace(hello, max_payload=hello.max_payload - size, seal_bytes=size)
