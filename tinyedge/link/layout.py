"""The fixed fields of a payload."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Names and struct codes of a payload's fixed fields, in order, without padding."""

    name: str
    fields: tuple[tuple[str, str], ...]

    @property
    def format(self) -> str:
        """The struct module's format string."""
        return "<" + "".join(code for _, code in self.fields)

    @property
    def size(self) -> int:
        """Bytes of all fields."""
        return struct.calcsize(self.format)

    def offsets(self) -> list[tuple[str, int, int]]:
        """(name, offset, bytes) of each field."""
        found, at = [], 0
        for name, code in self.fields:
            size = struct.calcsize("<" + code)
            found.append((name, at, size))
            at += size
        return found

    def pack(self, *values: object) -> bytes:
        """Values in the order of ``fields`` -> bytes."""
        return struct.pack(self.format, *values)

    def unpack(self, payload: bytes) -> tuple[object, ...]:
        """First ``size`` bytes of ``payload`` -> values. ValueError if there are fewer."""
        if len(payload) < self.size:
            raise ValueError(f"{self.name}: {len(payload)} bytes, not at least {self.size}")
        return struct.unpack_from(self.format, payload)

    def ints(self, payload: bytes) -> tuple[int, ...]:
        """``unpack`` for layouts that hold integers only."""
        return tuple(int(value) for value in self.unpack(payload))  # type: ignore[call-overload]
