"""Reads GNU ld's map: which part of the firmware each byte came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tinyedge.errors import ToolError

COMPONENTS = ("app", "port", "runtime", "model", "library", "padding")
_START = "Linker script and memory map"
# " .text.name  0x... 0x... file", where a long name stands alone on the line before.
_INPUT = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?\s*$")
_OUTPUT = re.compile(r"^([._A-Za-z]\S*)(?:\s|$)")
_TFLM = re.compile(r"tensorflow-microlite|tflite-micro|esp-nn")
_FOLDER = re.compile(r"(?:^|/)(app|port|runtime|model)/[^()]*\.o$")
FILL = "*fill*"


@dataclass(frozen=True)
class Piece:
    """What one object has put into an output section, or the linker as filling (origin FILL)."""

    section: str
    name: str  # of the object's own section: ".text.main"
    origin: str
    place: range


def components(path: Path, sections: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """(component, bytes) over the named output sections; all components, in a fixed order.

    Raises ToolError if the map cannot be read.
    """
    wanted = set(sections)
    found: Counter[str] = Counter()
    for piece in pieces(path):
        if piece.section in wanted:
            found[component(piece.origin)] += len(piece.place)
    return tuple((name, found[name]) for name in COMPONENTS)


def addresses(
    path: Path, section: str, wanted: Iterable[str], objects: Iterable[str] = ()
) -> tuple[range, ...]:
    """Where the components named lie in an output section, neighbours as one, in order.

    ``objects``: ends of paths of objects whose code is meant, too, whatever their component.

    Raises ToolError if the map cannot be read.
    """
    components, ends = set(wanted), tuple(objects)
    found: list[range] = []
    for piece in pieces(path):
        place = piece.place
        meant = component(piece.origin) in components or piece.origin.endswith(ends)
        if piece.section != section or not meant or not place:
            continue
        if found and found[-1].stop == place.start:
            found[-1] = range(found[-1].start, place.stop)
        else:
            found.append(place)
    return tuple(found)


def component(origin: str) -> str:
    """Path of an object, or FILL -> component."""
    if origin == FILL:
        return "padding"
    if _TFLM.search(origin):
        return "runtime"
    folder = _FOLDER.search(origin)
    return folder[1] if folder else "library"


def pieces(path: Path) -> Iterator[Piece]:
    """All of the map, in order. Raises ToolError if it cannot be read."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}", "build the firmware again") from error
    section = alone = ""
    for line in text.partition(_START)[2].splitlines():
        output = _OUTPUT.match(line)
        if output:
            section = output[1]
            continue
        found = _INPUT.match(line)
        if found is None:
            alone = line.strip()
            continue
        address, size = int(found[2], 16), int(found[3], 16)
        place = range(address, address + size)
        if found[1] == FILL:
            yield Piece(section, "", FILL, place)
        elif found[4]:
            yield Piece(section, found[1] or alone, found[4].strip(), place)
