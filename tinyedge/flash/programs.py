"""Which programs a board needs: to compile its firmware, and to run or flash it."""

from __future__ import annotations

from tinyedge.board import Board
from tinyedge.flash import qemu, uf2

#: toolchain as boards name it -> programs that are called
_TOOLCHAINS = {
    "esp-idf": ("idf.py",),
    "clang-22": ("clang-22", "llc-22", "llvm-mc-22", "xtensa-lx106-elf-ld"),
}


def of(board: Board) -> tuple[str, ...]:
    """Every program that building or flashing the board may call; one flasher is enough."""
    compilers = _TOOLCHAINS.get(board.build.toolchain, ("make", board.build.toolchain))
    if board.flash.method == "qemu":
        return (*compilers, qemu.program(board))
    return (*compilers, *(name for name in methods(board) if name not in ("host", "uf2")))


def methods(board: Board) -> tuple[str, ...]:
    """What flash.method of the board may be, the one it is first."""
    flash = board.flash
    tables = {
        "adafruit-nrfutil": flash.nrfutil,
        "openocd": flash.openocd,
        "pyocd": flash.pyocd,
        "uf2": flash.uf2,
    }
    other = [name for name, table in tables.items() if table is not None]
    if flash.uf2 is not None and uf2.is_boot_rom(flash.uf2):
        other.append("picotool")
    return (flash.method, *(name for name in other if name != flash.method))
