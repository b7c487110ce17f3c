"""Reader of IDX, the format of MNIST and its kin: a big-endian header, then plain values."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.errors import TinyedgeError

_UINT8 = 0x08  # the format's code of the only element type that pictures and labels use


def read(path: Path, dimensions: int, hint: str) -> NDArray[np.uint8]:
    """Read one gzip-compressed IDX file of uint8 with that many dimensions.

    Raises TinyedgeError naming the file and what is wrong with it, with ``hint``.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except OSError as error:
        # gzip's own errors are OSErrors without an errno
        raise TinyedgeError(f"{path}: {error.strerror or error}", hint) from error
    except (EOFError, zlib.error) as error:
        raise TinyedgeError(f"{path}: truncated or damaged: {error}", hint) from error
    try:
        return parse(data, dimensions)
    except ValueError as error:
        raise TinyedgeError(f"{path}: {error}", hint) from error


def parse(data: bytes, dimensions: int) -> NDArray[np.uint8]:
    """Bytes of an IDX file -> array. Raises ValueError saying what is wrong."""
    header = 4 + 4 * dimensions
    if len(data) < header:
        raise ValueError(f"not an IDX file: {len(data)} bytes, the header alone has {header}")
    zero, kind, found = struct.unpack_from(">HBB", data)
    if (zero, kind, found) != (0, _UINT8, dimensions):
        wanted = struct.pack(">HBB", 0, _UINT8, dimensions).hex()
        raise ValueError(f"not an IDX file of uint8: magic {data[:4].hex()}, expected {wanted}")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    expected = header + math.prod(shape)
    if len(data) != expected:
        raise ValueError(f"{len(data)} bytes where the header's shape {shape} needs {expected}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)
