"""What an ELF puts in program memory: as one binary, or as UF2 blocks."""

from __future__ import annotations

import struct
from pathlib import Path

from elftools.elf.elffile import ELFFile

from tinyedge.errors import ToolError

_MAGIC_START, _MAGIC_SECOND, _MAGIC_END = 0x0A32_4655, 0x9E5D_5157, 0x0AB1_6F30
_FAMILY_ID_PRESENT = 0x2000
_PAYLOAD = 256
_BLOCK = struct.Struct("<8I476sI")


def binary(elf: Path) -> tuple[int, bytes]:
    """First address, and the bytes from there to the last one, gaps as zeros.

    Raises ToolError if the file is no readable ELF or loads nothing.
    """
    try:
        with elf.open("rb") as stream:
            parts = sorted(
                (int(segment["p_paddr"]), segment.data())
                for segment in ELFFile(stream).iter_segments("PT_LOAD")
                if segment["p_filesz"]
            )
    except Exception as error:
        raise ToolError(f"{elf}: not a readable ELF: {error}", "build it again") from error
    if not parts:
        raise ToolError(f"{elf}: nothing in it is to be loaded", "build it again")
    origin = parts[0][0]
    image = bytearray()
    for address, data in parts:
        image += bytes(address - origin - len(image)) + data
    return origin, bytes(image)


def uf2(origin: int, image: bytes, family: int) -> bytes:
    """UF2 of a binary that begins at ``origin``: blocks of 512 bytes, 256 of them payload."""
    count = -(-len(image) // _PAYLOAD)
    return b"".join(
        _BLOCK.pack(
            _MAGIC_START,
            _MAGIC_SECOND,
            _FAMILY_ID_PRESENT,
            origin + _PAYLOAD * number,
            _PAYLOAD,
            number,
            count,
            family,
            image[_PAYLOAD * number : _PAYLOAD * (number + 1)],
            _MAGIC_END,
        )
        for number in range(count)
    )
