"""Every byte of the firmware -> the symbol and the object that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Protocol, TypeVar

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinyedge.board import Board
from tinyedge.build import linker_map, size
from tinyedge.errors import ToolError

_ALIGNMENT = 4  # fewer bytes that no symbol has, behind one that ends, only align the next
_LARGEST_GAP = 16  # bytes between objects that are padding; more are tables of the linker's own
_SIZED = frozenset({"STT_FUNC", "STT_OBJECT"})
_LINKER = "(linker)"
_Owner = TypeVar("_Owner", bound="_Placed")


class _Placed(Protocol):
    @property
    def place(self) -> range: ...


@dataclass(frozen=True)
class Part:
    """Neighbouring bytes of one section that have one owner.

    ``symbol`` is empty where no symbol has them: constants without a name, padding. ``library`` is
    the archive, empty for an object of the firmware's own; ``input`` the object's own section.
    ``component`` is one of linker_map.COMPONENTS, or "stack".
    """

    section: str
    symbol: str
    object: str
    library: str
    component: str
    input: str
    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True)
class _Symbol:
    name: str
    place: range


def parts(elf: Path, map_file: Path, board: Board) -> tuple[Part, ...]:
    """By section and address; the sums are the sections', byte for byte.

    Raises ToolError if ELF or map are damaged.
    """
    if elf.suffix == ".tflite":
        return (_uncompiled(elf),)
    try:
        with elf.open("rb") as stream:
            opened = ELFFile(stream)
            sections = size.allocated(opened, board)
            symbols = sorted(_symbols(opened), key=lambda s: (s.place.start, -len(s.place), s.name))
    except Exception as error:
        raise ToolError(f"{elf}: not a readable ELF: {error}", "build it again") from error
    pieces = [piece for piece in linker_map.pieces(map_file) if piece.place]
    found: list[Part] = []
    for section, address in sections:
        place = range(address, address + max(section.flash_bytes, section.ram_bytes))
        mine = sorted(
            (piece for piece in pieces if piece.section == section.name),
            key=lambda piece: piece.place.start,
        )
        inside = [symbol for symbol in symbols if symbol.place.start in place]
        found += _joined(_of_section(section, place, mine, inside))
    return tuple(found)


def _uncompiled(tflite: Path) -> Part:
    count = tflite.stat().st_size
    name = re.sub(r"\W", "_", tflite.stem)
    return Part("model", f"g_{name}_model_data", tflite.name, "", "model", "", count, 0)


def _symbols(elf: ELFFile) -> Iterator[_Symbol]:
    """Functions and objects that have a size. Thumb's functions have an odd address."""
    thumb = elf["e_machine"] == "EM_ARM"
    for table in elf.iter_sections():
        if not isinstance(table, SymbolTableSection) or table["sh_type"] != "SHT_SYMTAB":
            continue
        for symbol in table.iter_symbols():
            kind, bytes_ = symbol["st_info"]["type"], symbol["st_size"]
            if kind not in _SIZED or not bytes_ or symbol["st_shndx"] == "SHN_UNDEF":
                continue
            start = symbol["st_value"] & ~int(thumb and kind == "STT_FUNC")
            yield _Symbol(symbol.name, range(start, start + bytes_))


def _of_section(
    section: size.Section,
    place: range,
    pieces: Sequence[linker_map.Piece],
    symbols: Sequence[_Symbol],
) -> Iterator[Part]:
    """Cut at every edge of a piece or a symbol; between two edges all bytes are alike."""
    edges = {place.start, place.stop}
    for owned in (*(piece.place for piece in pieces), *(symbol.place for symbol in symbols)):
        edges |= {edge for edge in (owned.start, owned.stop) if edge in place}
    cuts = sorted(edges)
    holders, origins = _holders(symbols, cuts), _holders(pieces, cuts)
    stored, in_ram = section.flash_bytes > 0, section.ram_bytes > 0
    for index, (start, stop) in enumerate(pairwise(cuts)):
        count = stop - start
        piece, symbol = origins[index], holders[index]
        follows = index > 0 and holders[index - 1] is not None
        filled = piece is None or piece.origin == linker_map.FILL
        padding = symbol is None and (filled or (follows and count < _ALIGNMENT))
        name = symbol.name if symbol else ""
        taken = (count if stored else 0, count if in_ram else 0)
        if section.name == size.STACK:
            yield Part(section.name, "", _LINKER, "", "stack", section.name, *taken)
        elif padding and (piece is not None or count < _LARGEST_GAP):
            yield Part(section.name, "", _LINKER, "", "padding", "", *taken)
        elif piece is None or piece.origin == linker_map.FILL:
            yield Part(section.name, name, _LINKER, "", "library", section.name, *taken)
        else:
            yield _of_piece(piece, name, *taken)


def _holders(owners: Sequence[_Owner], cuts: Sequence[int]) -> list[_Owner | None]:
    """Of those that hold each address, the one that starts last. Both are sorted."""
    found: list[_Owner | None] = []
    held: list[_Owner] = []
    waiting = iter(owners)
    following = next(waiting, None)
    for at in cuts:
        while following is not None and following.place.start <= at:
            held.append(following)
            following = next(waiting, None)
        held = [owner for owner in held if owner.place.stop > at]
        found.append(held[-1] if held else None)
    return found


def _of_piece(piece: linker_map.Piece, symbol: str, flash: int, ram: int) -> Part:
    library, name = names(piece.origin)
    component = linker_map.component(piece.origin)
    return Part(piece.section, symbol, name, library, component, piece.name, flash, ram)


def names(origin: str) -> tuple[str, str]:
    """``/usr/lib/libc.a(memset.o)`` -> archive and object; an object of ours keeps its folder."""
    archive, bracket, member = origin.rstrip(")").partition("(")
    if bracket:
        return PurePosixPath(archive).name, member
    if linker_map.component(origin) == "library":
        return "", PurePosixPath(origin).name
    return "", origin.rpartition("out/")[2].removesuffix(".o")


def _joined(found: Iterator[Part]) -> list[Part]:
    """Cuts within one owner's bytes, and its bytes in several places of a section, are one part."""
    sums: dict[tuple[str, ...], Part] = {}
    for part in found:
        key = (part.section, part.symbol, part.object, part.library, part.component, part.input)
        so_far = sums.get(key)
        flash, ram = (so_far.flash_bytes, so_far.ram_bytes) if so_far else (0, 0)
        sums[key] = Part(*key, flash + part.flash_bytes, ram + part.ram_bytes)
    return list(sums.values())
