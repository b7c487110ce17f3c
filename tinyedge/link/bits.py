"""Differences in groups, each in as many bits as its largest takes: for noisy, smooth signals.

Codec.BITS is of bytes, Codec.BITS16 of little-endian 16-bit numbers, which differ from the number
``stride`` bytes before (0 before the first; stride 0: from 0). As signed numbers they are folded,
d to 2 d, or to -2 d - 1 where d is negative, so that small ones of either sign take few bits. Each
group of 16 is a byte w and then the 16 in w bits each, the first in the lowest bits; the last group
is filled up with zeros. firmware_templates/app/unpack.c and pack.c are the twins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.link.protocol import Codec

GROUP = 16
STEPS = {Codec.BITS: 1, Codec.BITS16: 2}
"""Bytes of a number."""

_Folded = NDArray[np.uint16]


def _groups(data: bytes, step: int, stride: int) -> tuple[_Folded, NDArray[np.int64]]:
    """Folded differences, [groups][16], and the bits that each group's take."""
    back, mask = stride // step, (1 << 8 * step) - 1
    numbers = np.frombuffer(data, f"<u{step}").astype(np.int64)
    before = np.concatenate([np.zeros(back, np.int64), numbers])[: len(numbers)]
    differences = (numbers - (before if back else 0)) & mask
    negative = differences > mask >> 1
    folded = np.where(negative, 2 * (mask - differences) + 1, 2 * differences)
    groups = np.pad(folded, (0, -len(folded) % GROUP)).reshape(-1, GROUP)
    widths = np.ceil(np.log2(groups.max(axis=1, initial=0) + 1)).astype(np.int64)
    return groups.astype(np.uint16), widths


def size(data: bytes, step: int, stride: int) -> int:
    """Bytes that all of ``data``, whole numbers of ``step`` bytes, are packed in."""
    _, widths = _groups(data, step, stride)
    return int((1 + 2 * widths).sum())


def pack(data: bytes, step: int, stride: int, most: int) -> tuple[bytes, int]:
    """At most ``most`` bytes, and how many of ``data`` they hold. ``step`` divides ``stride``."""
    groups, widths = _groups(data, step, stride)
    count = int(np.searchsorted(np.cumsum(1 + 2 * widths), most, side="right"))
    out = bytearray()
    for group, width in zip(groups[:count], widths[:count], strict=True):
        out.append(width)
        bits = (group[:, None] >> np.arange(width, dtype=np.uint16)) & 1
        out += np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little").tobytes()
    return bytes(out), min(len(data), count * GROUP * step)


def unpack(packed: bytes, count: int, step: int, stride: int) -> bytes | None:
    """``count`` bytes; None for damaged ones."""
    if stride % step or count % step:
        return None
    folded: list[int] = []
    at = 0
    while len(folded) < count // step:
        width = packed[at] if at < len(packed) else 99
        group = packed[at + 1 : at + 1 + 2 * width]
        if width > 8 * step or len(group) < 2 * width:
            return None
        whole = int.from_bytes(group, "little")
        folded += [whole >> width * n & (1 << width) - 1 for n in range(GROUP)]
        at += 1 + 2 * width
    return _unfolded(folded[: count // step], step, stride) if at == len(packed) else None


def _unfolded(folded: list[int], step: int, stride: int) -> bytes:
    back, mask = stride // step, (1 << 8 * step) - 1
    numbers: list[int] = []
    for at, value in enumerate(folded):
        before = numbers[at - back] if 0 < back <= at else 0
        numbers.append(before + (value >> 1 ^ -(value & 1)) & mask)
    return np.array(numbers, f"<u{step}").tobytes()
