"""Groups without the byte that is the most usual: for outputs of a ReLU, half of which are one.

Each group of 8 is a byte that says which of them are not that one, the first in the lowest bit, and
then those. firmware_templates/app/pack.c is the twin of ``pack``.
"""

from __future__ import annotations

GROUP = 8


def pack(data: bytes, usual: int, most: int) -> tuple[bytes, int]:
    """At most ``most`` bytes, and how many of ``data`` they hold."""
    out = bytearray()
    for at in range(0, len(data), GROUP):
        group = data[at : at + GROUP]
        which = sum((byte != usual) << n for n, byte in enumerate(group))
        others = bytes(byte for byte in group if byte != usual)
        if len(out) + 1 + len(others) > most:
            return bytes(out), at
        out += bytes([which]) + others
    return bytes(out), len(data)


def unpack(packed: bytes, count: int, usual: int) -> bytes | None:
    """``count`` bytes; None for damaged ones."""
    out, at = bytearray(), 0
    while len(out) < count and at < len(packed):
        group = min(GROUP, count - len(out))
        which, at = packed[at], at + 1
        if which >> group or which.bit_count() > len(packed) - at:
            return None
        for n in range(group):
            out.append(packed[at] if which >> n & 1 else usual)
            at += which >> n & 1
    return bytes(out) if (len(out), at) == (count, len(packed)) else None
