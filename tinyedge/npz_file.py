"""Arrays of an .npz file: never unpickled, and never more memory than the file has bytes for."""

from __future__ import annotations

import lzma
import math
import tokenize
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
#: what zipfile, its decompressors and numpy raise on damaged files, besides ValueError
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError),
    *(SyntaxError, tokenize.TokenError, MemoryError, OverflowError, TypeError, KeyError),
)
_SUSPICIOUS_BYTES = 256 << 20
_MOST_TIMES = 200  # that a member may have been compressed, if it is larger than that


def read(path: Path, wanted: Callable[[str], bool], largest: int) -> dict[str, NDArray[Any]]:
    """The arrays whose keys are ``wanted``; ``largest``: bytes that one may take.

    Raises OSError if the file cannot be read, and ValueError, saying what is wrong, for everything
    that is no .npz of plain arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if wanted(_key(item))]
            for item in members:
                _require_sane(item, largest)
            return {_key(item): _member(archive, item) for item in members}
    except _DAMAGED as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _key(item: zipfile.ZipInfo) -> str:
    return item.filename.removesuffix(".npy")


def _require_sane(item: zipfile.ZipInfo, largest: int) -> None:
    size = item.file_size
    if size > largest:
        raise ValueError(f"{item.filename} takes {size >> 20:,} MB, more than {largest >> 20:,} MB")
    if size > _SUSPICIOUS_BYTES and size > _MOST_TIMES * item.compress_size:
        raise ValueError(f"{item.filename} unpacks to more than {_MOST_TIMES} times its size")


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(item) as stream:
        shape, by_column, kind = _header(stream)
        if kind.hasobject:
            raise ValueError(f"{item.filename} holds objects, which are not read (allow_pickle)")
        wanted = math.prod(shape) * kind.itemsize
        if min((*shape, 0)) < 0 or wanted > item.file_size:
            raise ValueError(f"{item.filename} says that it holds {wanted:,} bytes")
        data = stream.read(wanted)
        if len(data) < wanted or stream.read(1):
            raise ValueError(f"{item.filename} does not hold the {wanted:,} bytes that it says")
    flat = np.frombuffer(bytearray(data), kind)
    return flat.reshape(shape, order="F" if by_column else "C")


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of the .npy format is for arrays that are not plain")
    shape, by_column, kind = _HEADERS[version](stream)
    return shape, by_column, kind
