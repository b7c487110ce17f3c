"""QEMU's argument list."""

from pathlib import Path

import msgspec
import pytest

from tinyedge import board as boards
from tinyedge.errors import ConfigError
from tinyedge.flash import qemu


def test_argv() -> None:
    assert qemu.argv(Path("/w/firmware.elf"), boards.load("netduinoplus2"), 5) == [
        "qemu-system-arm",
        "-machine",
        "netduinoplus2",
        "-nodefaults",
        "-display",
        "none",
        "-icount",
        "shift=0",
        "-semihosting-config",
        "enable=on,target=native",
        "-chardev",
        "socket,id=link,fd=5,server=on,wait=off,nodelay=on",
        "-serial",
        "chardev:link",
        "-kernel",
        "/w/firmware.elf",
    ]


def test_risc_v_starts_without_firmware_of_the_emulator() -> None:
    argv = qemu.argv(Path("f"), boards.load("qemu-riscv32"), 5)
    assert argv[0] == "qemu-system-riscv32"
    assert argv[argv.index("-bios") + 1] == "none"


def test_xtensa_runs_an_instruction_at_a_time() -> None:
    argv = qemu.argv(Path("f"), boards.load("qemu-xtensa"), 5)
    assert argv[0] == "qemu-system-xtensa"
    assert "-singlestep" in argv


def test_a_board_without_an_instruction_count_runs_without() -> None:
    board = boards.load("qemu-mps2-an386")
    assert "shift=7" in qemu.argv(Path("f"), board, 3)
    flash = msgspec.structs.replace(board.flash, icount_shift=None)
    argv = qemu.argv(Path("f"), msgspec.structs.replace(board, flash=flash), 3)
    assert "-icount" not in argv


def test_a_core_that_no_emulator_runs_is_refused() -> None:
    board = boards.load("netduinoplus2")
    cpu = msgspec.structs.replace(board.cpu, core="z80")
    with pytest.raises(ConfigError, match=r'cpu\.core "z80"'):
        qemu.argv(Path("f"), msgspec.structs.replace(board, cpu=cpu), 3)


def test_logging_of_some_addresses() -> None:
    options = qemu.logging("exec", Path("/w/log"), [range(0x100, 0x200), range(0x800, 0x802)])
    assert options == [*["-d", "exec", "-D", "/w/log", "-dfilter", "0x100..0x1ff,0x800..0x801"]]
    argv = qemu.argv(Path("f"), boards.load("netduinoplus2"), 5, options)
    assert argv[-8:] == [*options, "-kernel", "f"]
