"""Reads GNU ld's map: which part of the firmware each byte came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tinyedge.errors import ToolError

COMPONENTS = ("app", "port", "runtime", "model", "library", "padding")
_START = "Linker script and memory map"
# " .text.name  0x... 0x... file", where a long name stands alone on the line before.
_INPUT = re.compile(r"^ (\S+)?\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (\S.*))?\s*$")
_OUTPUT = re.compile(r"^([._A-Za-z]\S*)(?:\s|$)")
_TFLM = re.compile(r"tensorflow-microlite|tflite-micro|esp-nn")
_FOLDER = re.compile(r"(?:^|/)(app|port|runtime|model)/[^()]*\.o$")


def components(path: Path, sections: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """(component, bytes) over the named output sections; all components, in a fixed order.

    Raises ToolError if the map cannot be read.
    """
    wanted = set(sections)
    found: Counter[str] = Counter()
    for section, origin, place in _pieces(path):
        if section in wanted:
            found[component(origin)] += len(place)
    return tuple((name, found[name]) for name in COMPONENTS)


def addresses(path: Path, section: str, wanted: Iterable[str]) -> tuple[range, ...]:
    """Where the components named lie in an output section, neighbours as one, in order.

    Raises ToolError if the map cannot be read.
    """
    components = set(wanted)
    found: list[range] = []
    for name, origin, place in _pieces(path):
        if name != section or component(origin) not in components or not place:
            continue
        if found and found[-1].stop == place.start:
            found[-1] = range(found[-1].start, place.stop)
        else:
            found.append(place)
    return tuple(found)


def component(origin: str) -> str:
    """Path of an object, or *fill* -> component."""
    if origin == "*fill*":
        return "padding"
    if _TFLM.search(origin):
        return "runtime"
    folder = _FOLDER.search(origin)
    return folder[1] if folder else "library"


def _pieces(path: Path) -> Iterator[tuple[str, str, range]]:
    """(output section, object or *fill*, addresses)."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}", "build the firmware again") from error
    section = ""
    for line in text.partition(_START)[2].splitlines():
        output = _OUTPUT.match(line)
        if output:
            section = output[1]
            continue
        piece = _INPUT.match(line)
        if piece is None:
            continue
        address, size = int(piece[2], 16), int(piece[3], 16)
        if piece[1] == "*fill*":
            yield section, "*fill*", range(address, address + size)
        elif piece[4]:
            yield section, piece[4].strip(), range(address, address + size)
