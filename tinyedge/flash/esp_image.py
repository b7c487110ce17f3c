"""Firmware of which a chip's boot ROM loads a part to RAM, and the rest stays in flash.

esptool makes the image that the ROM loads, of an ELF without the constants; they are written beside
it, where the port maps them from.
"""

from __future__ import annotations

from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import Section

from tinyedge.board import Board
from tinyedge.board.tables import Region
from tinyedge.errors import ToolError

CONSTANTS = "constants_at"
"""In [peripherals] of a board whose constants the port maps: where in flash they begin."""

_ALLOCATED = 2
_NOBITS = (8).to_bytes(4, "little")
_TYPE_AT = 4  # in a section's header


def split(elf: Path, board: Board) -> tuple[bytes, bytes]:
    """Return the ELF without what is in ``memory.flash``, and that: the constants.

    Raises ToolError if the file is no readable ELF.
    """
    try:
        data = bytearray(elf.read_bytes())
        with elf.open("rb") as stream:
            opened = ELFFile(stream)
            found = [
                (number, section.data(), int(section["sh_addr"]))
                for number, section in enumerate(opened.iter_sections())
                if _stays(section, board.memory.flash)
            ]
            first, size = int(opened["e_shoff"]), int(opened["e_shentsize"])
    except Exception as error:
        raise ToolError(f"{elf}: not a readable ELF: {error}", "build it again") from error
    constants = bytearray()
    for number, content, address in sorted(found, key=lambda item: item[2]):
        at = first + size * number + _TYPE_AT
        data[at : at + len(_NOBITS)] = _NOBITS  # esptool takes sections with content alone
        constants += bytes(address - board.memory.flash.origin - len(constants)) + content
    return bytes(data), bytes(constants)


def _stays(section: Section, flash: Region) -> bool:
    kept = section["sh_flags"] & _ALLOCATED and section["sh_type"] == "SHT_PROGBITS"
    return bool(kept) and flash.origin <= section["sh_addr"] < flash.origin + flash.bytes


def argv(name: str, chip: str, elf: Path, image: Path) -> list[str]:
    """Return what makes an image of ``elf``, in words that all versions of esptool know.

    Two data lines at 40 MHz, which every flash chip and board can do; boards have 4 MB or more.
    """
    options = ["-fm", "dio", "-ff", "40m", "-fs", "4MB", "-o", str(image)]
    return [name, "--chip", chip, "elf2image", *options, str(elf)]
