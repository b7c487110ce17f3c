"""What firmware takes of the board's memory, from its ELF and its linker map.

Weights are the model's constants, known by their symbols: ``te_step<N>_*`` of the aot runtime
(N is the step), ``g_*_model_data`` of the tflm runtime (the .tflite file). All else is code.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinyedge.board import Board
from tinyedge.build import Artifact, linker_map
from tinyedge.errors import CheckFailed, ToolError

STEP = re.compile(r"te_step(\d+)_\w+")
MODEL_DATA = re.compile(r"g_\w+_model_data")
IMAGE = "te_image"  # numbers and weights together, where others may take their place
_SHF_WRITE, _SHF_ALLOC = 1, 2
STACK = ".stack"
# ESP-IDF: in the address range that external RAM shares with flash, and in flash.
_FLASH_WINDOW = re.compile(r"\.flash|\.ext_ram\.dummy$")


@dataclass(frozen=True)
class Section:
    """One allocated section: bytes of program memory and of data memory."""

    name: str
    flash_bytes: int
    ram_bytes: int


@dataclass(frozen=True)
class SizeReport:
    """All in bytes. ``flash_total = flash_code + flash_weights``.

    ``flash_runtime`` is what runtime and model have of ``flash_code``, without application, port
    and C library; None where the map does not tell them apart.

    ``ram_static`` is data and bss, the arena with them, without the stack. ``steps``: weights by
    step of the aot runtime. ``components``: program memory by what it came from (app, port,
    runtime, model, library, padding); the model's weights are among it.
    """

    sections: tuple[Section, ...]
    steps: tuple[tuple[int, int], ...]
    components: tuple[tuple[str, int], ...]
    flash_code: int
    flash_runtime: int | None
    flash_weights: int
    flash_total: int
    ram_static: int
    stack: int


def measure(artifact: Artifact, board: Board) -> SizeReport:
    """Read ELF and map. Raises ToolError if they are damaged, CheckFailed over the budget."""
    report = read(artifact.elf, artifact.map, board)
    check(report, board)
    return report


def read(elf: Path, map_file: Path, board: Board) -> SizeReport:
    """Sizes without the check against the board."""
    if elf.suffix == ".tflite":
        return _uncompiled(elf)
    try:
        with elf.open("rb") as stream:
            opened = ELFFile(stream)
            sections = tuple(section for section, _ in allocated(opened, board))
            weights = _weights(opened)
    except Exception as error:
        raise ToolError(f"{elf}: not a readable ELF: {error}", "build it again") from error
    total = sum(section.flash_bytes for section in sections)
    flash_weights = sum(weights.values())
    stored = {section.name for section in sections if section.flash_bytes}
    components = linker_map.components(map_file, stored)
    return SizeReport(
        sections=sections,
        steps=tuple(sorted((step, size) for step, size in weights.items() if step >= 0)),
        components=components,
        flash_code=total - flash_weights,
        flash_runtime=_runtime(dict(components), flash_weights),
        flash_weights=flash_weights,
        flash_total=total,
        ram_static=sum(s.ram_bytes for s in sections if s.name != STACK),
        stack=sum(s.ram_bytes for s in sections if s.name == STACK) or board.memory.stack_bytes,
    )


def _runtime(components: dict[str, int], weights: int) -> int | None:
    own = components["runtime"] + components["model"]
    return own - weights if own else None


def _uncompiled(tflite: Path) -> SizeReport:
    """A model that an interpreter on this computer runs: nothing but its file can be measured."""
    size = tflite.stat().st_size
    return SizeReport(
        sections=(Section("model", size, 0),),
        steps=(),
        components=(("model", size),),
        flash_code=0,
        flash_runtime=0,
        flash_weights=size,
        flash_total=size,
        ram_static=0,
        stack=0,
    )


def check(report: SizeReport, board: Board) -> None:
    """Raise CheckFailed, with how much, if the firmware takes more than the board has."""
    needs = {
        "memory.flash": (report.flash_total, board.memory.flash.bytes),
        "memory.ram": (report.ram_static + report.stack, board.memory.ram.bytes),
    }
    over = [
        f"{need:,} bytes of {key}, {need - available:,} more than its {available:,}"
        for key, (need, available) in needs.items()
        if need > available
    ]
    if over:
        raise CheckFailed(
            f"the firmware does not fit {board.id}: it takes {'; '.join(over)}",
            'choose a smaller model or a larger board; "tinyedge inspect" compares the boards',
        )


def allocated(elf: ELFFile, board: Board) -> list[tuple[Section, int]]:
    """Each section that takes memory, with its address."""
    found = []
    for section in elf.iter_sections():
        if not section["sh_flags"] & _SHF_ALLOC or section["sh_size"] == 0:
            continue
        size = int(section["sh_size"])
        stored = section["sh_type"] != "SHT_NOBITS"
        in_ram = not _FLASH_WINDOW.match(section.name) and _in_ram(
            int(section["sh_addr"]), int(section["sh_flags"]), board
        )
        taken = Section(section.name, size if stored else 0, size if in_ram else 0)
        found.append((taken, int(section["sh_addr"])))
    return found


def _in_ram(address: int, flags: int, board: Board) -> bool:
    """By address; where the board has no addresses of its own (the host), by being writable."""
    ram = board.memory.ram
    if ram.origin == board.memory.flash.origin:
        return bool(flags & _SHF_WRITE)
    return ram.origin <= address < ram.origin + ram.bytes


def _weights(elf: ELFFile) -> Counter[int]:
    """Step -> bytes of its constants; -1: the whole model's."""
    found: Counter[int] = Counter()
    for table in elf.iter_sections():
        # not a dynamic one, which has only what others link to
        if not isinstance(table, SymbolTableSection) or table["sh_type"] != "SHT_SYMTAB":
            continue
        for symbol in table.iter_symbols():
            if symbol["st_info"]["type"] != "STT_OBJECT" or symbol["st_shndx"] == "SHN_UNDEF":
                continue
            step = STEP.fullmatch(symbol.name)
            if step:
                found[int(step[1])] += symbol["st_size"]
            elif symbol.name == IMAGE or MODEL_DATA.fullmatch(symbol.name):
                found[-1] += symbol["st_size"]
    return found
