"""Boards that QEMU emulates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tinyedge.board import Board
from tinyedge.errors import ConfigError

PROGRAMS = {
    "cortex-m": "qemu-system-arm",
    "rv32": "qemu-system-riscv32",
    "xtensa": "qemu-system-xtensa",
}
#: of one program alone. QEMU 7.2 gets MULA.*.LDINC wrong where a translated block reads and reloads
#: one of its registers, hence a block an instruction.
_OPTIONS = {
    "qemu-system-riscv32": ("-bios", "none"),
    "qemu-system-xtensa": ("-singlestep",),
}


def argv(elf: Path, board: Board, descriptor: int, options: Sequence[str] = ()) -> list[str]:
    """What runs ``elf`` with its serial port on the listening socket ``descriptor``.

    Under icount the guest's clock goes on by 2^shift ns an instruction, so that ticks are exact.
    """
    icount = board.flash.icount_shift
    return [
        program(board),
        "-machine",
        board.flash.machine,
        "-nodefaults",
        *_OPTIONS.get(program(board), ()),
        "-display",
        "none",
        *([] if icount is None else ["-icount", f"shift={icount}"]),
        "-semihosting-config",
        "enable=on,target=native",
        "-chardev",
        f"socket,id=link,fd={descriptor},server=on,wait=off,nodelay=on",
        "-serial",
        "chardev:link",
        *options,
        "-kernel",
        str(elf),
    ]


def logging(items: str, log: Path, addresses: Iterable[range]) -> list[str]:
    """Options that log ``items`` (of -d) to a file, for code at these addresses alone."""
    ranges = ",".join(f"{place.start:#x}..{place.stop - 1:#x}" for place in addresses)
    return ["-d", items, "-D", str(log), "-dfilter", ranges]


def program(board: Board) -> str:
    """QEMU's program for the board's core. Raises ConfigError if there is none."""
    for prefix, name in PROGRAMS.items():
        if board.cpu.core.startswith(prefix):
            return name
    raise ConfigError(
        f'{board.id}: cpu.core "{board.cpu.core}" is not one that flash.method "qemu" runs',
        f"cores that begin with: {', '.join(PROGRAMS)}",
    )
