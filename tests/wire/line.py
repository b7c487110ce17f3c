"""A transport that loses, doubles, flips, holds back, cuts and reorders what passes through it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from tinyedge.link.transport import Transport

KINDS = ("dropped", "doubled", "flipped", "delayed", "truncated", "reordered")
_LONGEST_CUT = 64


class HostDied(Exception):  # noqa: N818 - no defect: the test's own end of a session
    """Stands for the death of the host's process in the middle of a frame."""


class FaultyLine:
    """Each byte, in either direction, meets a fault with probability ``rate``.

    ``after_half``: called once, after half of the bytes of the next write have gone to the device;
    ``after_all``: after all of them.
    """

    def __init__(self, inner: Transport, rng: random.Random, rate: float) -> None:
        self.name, self.rate = inner.name, rate
        self.after_half: Callable[[], None] | None = None
        self.after_all: Callable[[], None] | None = None
        self.faults: Counter[str] = Counter()
        self._inner, self._rng = inner, rng
        self._held_in, self._held_out = b"", b""

    def read(self, timeout_s: float) -> bytes:
        # What is held back comes late, but it comes: with the next bytes, or after a silence.
        data = self._inner.read(timeout_s)
        if not data:
            data, self._held_in = self._held_in, b""
            return data
        data, self._held_in = self._damage(self._held_in + data)
        return data

    def write(self, data: bytes) -> None:
        data, self._held_out = self._damage(self._held_out + data)
        half = len(data) // 2
        self._inner.write(data[:half])
        self._once("after_half")
        self._inner.write(data[half:])
        self._once("after_all")

    def close(self) -> None:
        self._inner.close()

    def _once(self, name: str) -> None:
        call = getattr(self, name)
        setattr(self, name, None)
        if call is not None:
            call()

    def _damage(self, data: bytes) -> tuple[bytes, bytes]:
        """What goes on now, and what is held back."""
        out, at = bytearray(), 0
        while at < len(data):
            if self._rng.random() >= self.rate:
                out.append(data[at])
                at += 1
                continue
            kind = self._rng.choice(KINDS)
            self.faults[kind] += 1
            if kind == "delayed":
                return bytes(out), data[at:]
            out += self._replacement(kind, data[at : at + 2])
            cut = self._rng.randint(1, _LONGEST_CUT)
            at += {"truncated": cut, "reordered": 2}.get(kind, 1)
        return bytes(out), b""

    def _replacement(self, kind: str, data: bytes) -> bytes:
        if kind == "doubled":
            return data[:1] * 2
        if kind == "flipped":
            return bytes([data[0] ^ 1 << self._rng.randrange(8)])
        return data[::-1] if kind == "reordered" else b""
