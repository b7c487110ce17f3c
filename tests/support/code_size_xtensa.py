"""Measures code for Xtensa, compiled by the rules of a firmware's Makefile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyedge import board, resources, tool, workspace
from tinyedge.compile.options import Optimize
from tinyedge.emit import board_files

FOLDER = "xtensa_lx6"
TOOLS = "xtensa-lx106-elf-"
_LEVELS: dict[str, Optimize] = {"-O2": "speed", "-Os": "size"}
_KERNELS = resources.root("firmware_templates") / "runtime/aot/kernels"
_LIBC = resources.root("firmware_templates") / "port/freestanding"
#: literals stand before the code that loads them
_LINK = "SECTIONS { .text : { *(.literal .literal.*) *(.text .text.*) } }\n"


def assemble(source: Path, folder: Path) -> Path:
    """The object of an assembler source that includes the kernels."""
    return _compile({source.name: source.read_text()}, source.name, "speed", folder)


def of_driver(source: str, function: str, level: str, folder: Path, library: Sequence[str]) -> int:
    """Bytes of the C function, its literals and all it calls, but for ``library``."""
    built = _compile({}, source, _LEVELS[level], folder)
    script, elf = folder / "link.ld", folder / f"{function}.elf"
    script.write_text(_LINK)
    stubs = [f"--defsym={name}=0x1000" for name in library]
    link = ["-T", str(script), "--gc-sections", "--no-relax", "-e", function, *stubs]
    tool.run([f"{TOOLS}ld", *link, str(built), "-o", str(elf)])
    rows = tool.run([f"{TOOLS}size", "-A", str(elf)]).stdout.splitlines()
    return sum(int(row.split()[1]) for row in rows if row.startswith((".text", ".rodata")))


def _compile(own: dict[str, str], source: str, optimize: Optimize, folder: Path) -> Path:
    """The object of ``source``, one of the kernels' files or of ``own``."""
    paths = [path for path in (_KERNELS / FOLDER).iterdir() if path.suffix in {".c", ".h", ".S"}]
    files: dict[str, str | bytes] = {f"{FOLDER}/{path.name}": path.read_text() for path in paths}
    files |= {f"libc/{path.name}": path.read_text() for path in _LIBC.glob("*.h")}
    files |= own
    files["Makefile"] = board_files.makefile(board.load("qemu-xtensa"), files, optimize=optimize)
    if not folder.is_dir():
        workspace.write_tree(folder, files)
    tool.run(["make", "-s", f"out/{source}.o"], cwd=folder)
    return folder / f"out/{source}.o"
