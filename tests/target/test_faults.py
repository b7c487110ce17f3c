"""Faults on emulated boards end in a report, not in silence. Each test has its own device."""

import re
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.emit import features
from tinyedge.errors import LinkError
from tinyedge.flash import qemu
from tinyedge.link.session import Session

# Every emulated board, and how its report of a wild write begins.
CORE = {
    "cortex-m": r"exception 0x00000003, .*lr 0x",
    "rv32": "exception 0x00000007, mtval 0xfffffff0",
    "xtensa": r"exception 0x0000000f, excvaddr 0xfffffff0, a0 0x.* a15 0x",
}
EMULATED = {
    board.id: next(text for core, text in CORE.items() if board.cpu.core.startswith(core))
    for board in map(boards.load, boards.available())
    if board.flash.method == "qemu"
}
# By a breakpoint at the end of the stack, before what lies below is lost.
CAUGHT = {"qemu-xtensa": ", exception 0x0000001d, excvaddr 0x60000000"}
TOLD_BY_LOCKED = {"mtval", "excvaddr", "ra", "sp", "cfsr", "bfar", "lr", "pc", "xpsr"}
WILD = "*(volatile uint32_t *)(uintptr_t)0xfffffff0u = 1"
# Turns the model's deliberate crash into a stack that grows for ever.
OVERFLOW = """
static int grow(volatile int *last) {
  volatile int here[64];
  here[0] = *last + 1;
  return grow(here) + here[0];
}
"""


def _board(name: str) -> boards.Board:
    board = boards.load(name)
    need("make", board.build.toolchain, qemu.program(board), "setpriv")
    return board


@pytest.mark.parametrize("name", EMULATED)
def test_a_wild_write_is_reported_and_the_device_ends(name: str, tmp_path: Path) -> None:
    board = _board(name)
    artifact = fixture.made(tmp_path, board)
    with flash.run(artifact, board) as device, Session(device.url) as session:
        with pytest.raises(LinkError, match=f"crashed: {EMULATED[name]}") as raised:
            session.infer([b"\x7d" + bytes(783), bytes(5)])
        address = int(raised.value.message.rpartition(" at ")[2], 16)
        assert board.memory.flash.origin < address < board.memory.flash.origin + 0x1_0000


@pytest.mark.parametrize("name", ["netduinoplus2", "qemu-microbit", "qemu-riscv32", "qemu-xtensa"])
def test_a_fault_of_a_locked_device_tells_no_registers_of_data(name: str, tmp_path: Path) -> None:
    board = _board(name)
    artifact = fixture.made(tmp_path, board, selected=(features.LOCKED,))
    with flash.run(artifact, board) as device, Session(device.url) as session:
        with pytest.raises(LinkError, match="crashed: exception 0x") as raised:
            session.infer([b"\x7d" + bytes(783), bytes(5)])
        told = set(re.findall(r", (\w+) 0x", raised.value.message))
        assert told <= TOLD_BY_LOCKED


def test_a_break_instruction_on_xtensa_is_no_stack_overflow(tmp_path: Path) -> None:
    board = _board("qemu-xtensa")
    folder = fixture.write(tmp_path / "firmware", board)
    model = folder / "model" / "model.c"
    text = model.read_text()
    assert WILD in text
    model.write_text(text.replace(WILD, '__asm__ volatile("break 1, 15")'))
    artifact = build.build(folder, board)
    with flash.run(artifact, board) as device, Session(device.url) as session:
        with pytest.raises(LinkError, match="crashed: exception 0x") as raised:
            session.infer([b"\x7d" + bytes(783), bytes(5)])
        address = int(raised.value.message.rpartition(" at ")[2], 16)
        assert board.memory.flash.origin < address < board.memory.flash.origin + 0x1_0000


@pytest.mark.parametrize("name", EMULATED)
def test_a_stack_overflow_is_reported_as_one(name: str, tmp_path: Path) -> None:
    board = _board(name)
    folder = fixture.write(tmp_path / "firmware", board)
    model = folder / "model" / "model.c"
    text = model.read_text().replace("/* A wild write", OVERFLOW + "/* A wild write")
    assert WILD in text
    allowed = '#pragma GCC diagnostic ignored "-Winfinite-recursion"\n'
    model.write_text(allowed + text.replace(WILD, "grow(&(int){0})"))
    artifact = build.build(folder, board)
    with (
        flash.run(artifact, board) as device,
        Session(device.url) as session,
        pytest.raises(LinkError, match=f"crashed: stack overflow{CAUGHT.get(name, '')}"),
    ):
        session.infer([b"\x7d" + bytes(783), bytes(5)])
