"""The bytes of one picture file -> pixels, or why they are not a whole picture."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import ToolError

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")
_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 1 << 28  # pixels: what a file of a few bytes may claim


def decode(data: bytes) -> NDArray[np.uint8]:
    """JPEG, PNG or BMP -> (height, width, 3), red first. Raises ValueError saying what is wrong.

    The format is that of the content, whatever the file is called. Grey pictures get three equal
    channels, 16 bits become 8, transparency is dropped, a camera's orientation is applied.
    """
    _require_whole(data)
    cv2 = opencv()
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ValueError("damaged picture") from error
    if image is None:
        raise ValueError("damaged picture")
    return np.ascontiguousarray(image[..., ::-1])


def opencv() -> Any:
    """Import OpenCV. Raises ToolError saying what to install."""
    try:
        import cv2  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ToolError(
            "reading pictures needs OpenCV, which is not installed",
            'run pip install "tinyedge[train]"',
        ) from error
    return cv2


def _require_whole(data: bytes) -> None:
    """Find what decoders pass over: they fill the missing part with grey."""
    if not data:
        raise ValueError("empty file")
    if data.startswith(b"\xff\xd8"):
        _require_whole_jpeg(data)
    elif data.startswith(_PNG):
        _require_whole_png(data)
    elif data.startswith(b"BM"):
        if len(data) < 26 or struct.unpack_from("<I", data, 2)[0] > len(data):
            raise ValueError("truncated BMP")
    else:
        raise ValueError("neither JPEG, PNG nor BMP")


def _require_whole_jpeg(data: bytes) -> None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = struct.unpack_from(">xBH", data, at)
        if marker == 0xDA:  # from here on pixels; a preview's end in a segment above does not count
            if data.find(b"\xff\xd9", at) < 0:
                raise ValueError("truncated JPEG")
            return
        if 0xC0 <= marker <= 0xC2 and at + 9 <= len(data):
            _require_size(*struct.unpack_from(">HH", data, at + 5))
        at += 2 + length
    raise ValueError("truncated or damaged JPEG")


def _require_whole_png(data: bytes) -> None:
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise ValueError("damaged PNG (checksum)")
        if kind == b"IHDR" and length >= 8:
            _require_size(*struct.unpack_from(">II", data, at + 8))
        if kind == b"IEND":
            return
        at = end
    raise ValueError("truncated PNG")


def _require_size(height: int, width: int) -> None:
    if not 0 < height * width <= _LARGEST:
        raise ValueError(f"{width} x {height} pixels")
