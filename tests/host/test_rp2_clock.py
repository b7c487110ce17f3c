"""The system PLL of the RP2040 and RP2350: chip.h asks for the clock of the board's file."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from tests.support.native import WARNINGS
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import resources
from tinyedge.emit import board_files

CRYSTAL_MHZ = 12
VCO_MHZ = range(750, 1601)
"""Datasheets: RP2040 2.18.2, RP2350 8.6.3."""

MAIN = """
#include <stdint.h>
#include <stdio.h>

#include "bare.h"

static uint32_t vreg;
#undef TE_REGISTER
#define TE_REGISTER(address) (*((address) == VREG_AT ? &vreg : &other))
static uint32_t other;

#include "chip.h"

int main(void) {
  te_chip_raise_voltage();
  printf("%d %d %d %u\\n", PLL_MULTIPLIER, PLL_DIVIDERS >> 16, PLL_DIVIDERS >> 12 & 7,
         (unsigned)vreg);
  (void)other;
}
"""


@pytest.mark.parametrize(
    ("name", "mhz", "millivolts"), [("pico", 200, 1150), ("pico", 133, None), ("pico2", 150, None)]
)
def test_the_pll_makes_the_boards_clock(
    name: str, mhz: int, millivolts: int | None, tmp_path: Path
) -> None:
    need("gcc")
    board = boards.load(name)
    cpu = msgspec.structs.replace(board.cpu, clock_hz=mhz * 1_000_000)
    header = board_files.board_header(msgspec.structs.replace(board, cpu=cpu))
    (tmp_path / "te_board.h").write_text(header)
    (tmp_path / "main.c").write_text(MAIN)
    ports, program = resources.root("firmware_templates") / "port", tmp_path / "program"
    folders = [f"-I{path}" for path in (tmp_path, ports / "bare", ports / board.port)]
    argv = ["gcc", *WARNINGS, "-DVREG_AT=0x40064000u", *folders, tmp_path / "main.c"]
    subprocess.run([*map(str, argv), "-o", str(program)], check=True)
    said = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    multiplier, first, second, vreg = map(int, said.split())
    assert CRYSTAL_MHZ * multiplier in VCO_MHZ
    assert CRYSTAL_MHZ * multiplier == mhz * first * second
    assert first >= second, "the datasheets: less power so"
    # VREG: enabled, and from 0.85 V at 6 on in steps of 50 mV; 0: as after reset
    assert vreg == (0 if millivolts is None else (millivolts - 550) // 50 << 4 | 1)
