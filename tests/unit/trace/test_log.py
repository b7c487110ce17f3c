"""QEMU's log of what it executed."""

import pytest

from tinyedge.errors import ToolError
from tinyedge.trace import log

PUSH = "0x00000100:  b570       push     {r4, r5, r6, lr}\n"
CALL = "0x00000102:  f000 fdb3  bl       #0x2758\n"
HEAD = "----------------\nIN: te_aot_run\n"
ENTER = "Trace 0: 0x7fd3b3a00100 [00800408/00000100/00000110/ff000200] te_aot_run\n"
SHORT = "Trace 0: 0x7fd3b3a00140 [00800408/00000100/00000110/ff000201] te_aot_run\n"


def _read(*parts: str) -> log.Trace:
    return log.read("".join(parts).splitlines(keepends=True))


def test_a_block_is_listed_once_and_entered_often() -> None:
    trace = _read(HEAD, PUSH, CALL, "\n", ENTER, ENTER)
    assert trace.order == [0, 0]
    (block,) = trace.blocks
    assert (block.start, block.end) == (0x100, 0x106)
    assert block.instructions[0] == log.Instruction(0x100, 2, "push", "{r4, r5, r6, lr}")
    assert block.instructions[1] == log.Instruction(0x102, 4, "bl", "#0x2758")


def test_a_block_translated_anew_at_the_same_place_is_another() -> None:
    trace = _read(HEAD, PUSH, CALL, ENTER, HEAD, PUSH, SHORT, ENTER)
    assert [len(block.instructions) for block in trace.blocks] == [2, 1]
    assert trace.order == [0, 1, 0]


def test_halves_of_an_instruction_that_the_disassembler_does_not_know_are_one() -> None:
    first = "0x00000100:  f00f       .byte    0x0f, 0xf0\n"
    second = "0x00000102:  c00b       stm      r0!, {r0, r1, r3}\n"
    (block,) = _read(HEAD, first, second, ENTER).blocks
    assert block.instructions == (log.Instruction(0x100, 4, "unknown", ""),)


def test_instructions_begin_where_the_core_finds_them() -> None:
    first = "0x00000100:  ee33       .byte    0x33, 0xee\n"
    astray = "0x00000102:  ec90 1e04  vldmia   r0, {s2, s3}\n"
    rest = "0x00000106:  bd10       pop      {r4, pc}\n"
    (block,) = _read(HEAD, first, astray, rest, ENTER).blocks
    assert block.instructions == (
        log.Instruction(0x100, 4, "unknown", ""),
        log.Instruction(0x104, 2, "unknown", ""),
        log.Instruction(0x106, 2, "pop", "{r4, pc}"),
    )


def test_a_block_that_was_given_up_did_not_run() -> None:
    stopped = "Stopped execution of TB chain before 0x7fd3b3a00100 [00000100] te_aot_run\n"
    assert _read(HEAD, PUSH, CALL, ENTER, stopped, ENTER).order == [0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([ENTER], "has not listed"),
        ([HEAD, "OBJD-T: b570f000\n"], "no disassembler"),
        ([HEAD, "0x00000100:  push {r4}\n"], "not understood"),
        ([HEAD, CALL, ENTER], "lists 0x00000102"),
    ],
)
def test_a_log_of_another_form_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(ToolError, match=said):
        _read(*lines)
