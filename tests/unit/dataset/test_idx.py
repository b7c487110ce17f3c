"""The IDX reader takes whole files and names what is wrong with others."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from tinyedge.dataset import idx
from tinyedge.errors import TinyedgeError

PICTURES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
GOOD = struct.pack(">HBBIII", 0, 8, 3, 2, 3, 4) + PICTURES.tobytes()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pictures.gz"
    path.write_bytes(gzip.compress(GOOD))
    assert np.array_equal(idx.read(path, 3, "hint"), PICTURES)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (GOOD[:-1], "39 bytes where the header's shape (2, 3, 4) needs 40"),
        (GOOD + b"\0", "41 bytes where"),
        (GOOD[:7], "7 bytes, the header alone has 16"),
        (b"\0\0\x0d\x03" + GOOD[4:], "magic 00000d03, expected 00000803"),
        (b"\0\0\x08\x01" + GOOD[4:], "magic 00000801"),
        (struct.pack(">HBBIII", 0, 8, 3, 2**31, 2**31, 2**31), "16 bytes where"),
    ],
)
def test_damage_is_named(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pictures.gz"
    path.write_bytes(gzip.compress(data))
    with pytest.raises(TinyedgeError) as caught:
        idx.read(path, 3, "get it again")
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint == "get it again"


@pytest.mark.parametrize("keep", [0, 5, 20, 40])
def test_a_truncated_or_foreign_archive_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "pictures.gz"
    path.write_bytes(gzip.compress(GOOD)[:keep])
    with pytest.raises(TinyedgeError, match="pictures"):
        idx.read(path, 3, "get it again")


def test_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(GOOD))
    packed[-6] ^= 1  # in gzip's checksum
    path = tmp_path / "pictures.gz"
    path.write_bytes(packed)
    with pytest.raises(TinyedgeError, match="CRC"):
        idx.read(path, 3, "get it again")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TinyedgeError, match="No such file"):
        idx.read(tmp_path / "none.gz", 3, "get it again")
