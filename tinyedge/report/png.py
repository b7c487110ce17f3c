"""Pixels -> the bytes of a PNG file, the same for the same pixels."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2}  # channels -> grey, RGB


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """``pixels``: uint8 (height, width, 1 or 3)."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    lines = pixels.reshape(height, width * channels)
    unfiltered = np.insert(lines, 0, 0, axis=1)
    packed = zlib.compress(unfiltered.tobytes(), 9)
    parts = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
