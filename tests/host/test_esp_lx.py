"""The clock of an ESP32 and ESP32-S3 on this computer: no simulator has their PLL."""

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.native import SANITIZED, WARNINGS
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import resources
from tinyedge.emit import board_files

Start = Callable[..., dict[str, Any]]
MHZ = 1_000_000
BOARDS = ["esp32-bare", "esp32s3-bare"]
FUSED = (2 << 24, 12 << 13 | 70 << 20, 40 << 3 | 18 << 11, 1 | 0x5A << 13)
"""Fuses of a measured ESP32-S3, from EFUSE_RD_MAC_SPI_SYS_3 to 5 and EFUSE_RD_SYS_PART1_DATA4."""
FUSES_AT = (0x6000_7050, 0x6000_7054, 0x6000_7058, 0x6000_706C)

CORE = """
#ifndef TE_CORE_H
#define TE_CORE_H
#include <stdint.h>
uint32_t ccount(void);
#define TE_SR_READ(name) ccount()
#endif
"""
REGISTER = """#define TE_REGISTER(address) (*register_at(address))
uint32_t *register_at(uint32_t);
void rom_write(uint8_t, uint8_t, uint8_t, uint8_t);
void rom_write_mask(uint8_t, uint8_t, uint8_t, uint8_t, uint8_t, uint8_t);
"""
ROM = {
    "esp32-bare": {"((write_register *)0x400041a4)": "rom_write"},
    "esp32s3-bare": {
        "((write_register *)0x40005d60)": "rom_write",
        "((write_mask *)0x40005d6c)": "rom_write_mask",
    },
}
FACTS = {
    # Where the core's clock is chosen, the bit that says PLL, and where the core's period is.
    "esp32-bare": (0x3FF4_8070, 1 << 27, 3 << 27, 0x3FF0_003C),
    "esp32s3-bare": (0x600C_0060, 1 << 10, 3 << 10, 0x600C_0010),
}
FLASH_AT = {"esp32-bare": 0x3FF4_3018, "esp32s3-bare": 0x6000_3014}
RESET_STATE_AT = {"esp32-bare": 0x3FF4_8034, "esp32s3-bare": 0x6000_8038}
MAIN = """
#include <stdio.h>
#include <stdlib.h>

#include "chip.h"
#include "esp.h"

enum { REGISTERS = 64 };
static struct { uint32_t at, value; } registers[REGISTERS];
static uint64_t crystal; /* cycles of it so far, times 240 */
static uint64_t begun;
static uint32_t count, pll_mhz, at_switch[4];
static int writes;

static uint32_t *find(uint32_t at) {
  size_t i = 0;
  while (registers[i].at != at && registers[i].at != 0) i++;
  if (i == REGISTERS - 1) abort();
  registers[i].at = at;
  return &registers[i].value;
}

static uint32_t mhz(void) {
  static const uint32_t divided[] = {6, 3, 2, 1};
  if ((*find(CLOCK_AT) & CLOCK_MASK) != CLOCK_PLL) return 40;
  return pll_mhz / divided[*find(PERIOD_AT) & 3];
}

/* RTC_SLOW_CLK calibration: 266 cycles of the crystal each. */
static void calibrate(void) {
  uint32_t *control = find(TIMER_GROUP0 + 0x68);
  const uint64_t needs = (*control >> 16 & 0x7fff) * UINT64_C(266);
  if (!(*control >> 31)) {
    begun = crystal;
    *control &= ~(UINT32_C(1) << 15);
  } else if (crystal - begun >= needs * 240) {
    *control |= 1 << 15;
    *find(TIMER_GROUP0 + 0x6c) = (uint32_t)needs << 7;
  }
}

uint32_t *register_at(uint32_t at) {
  calibrate();
  return find(at);
}

uint32_t ccount(void) {
  count += 12;
  crystal += UINT64_C(12) * 40 * 240 / mhz();
  calibrate();
  if (mhz() != 40 && at_switch[0] == 0) {
    at_switch[0] = 1;
    at_switch[1] = *find(FLASH_AT);
    at_switch[2] = *find(0x3ff4807c);
    at_switch[3] = mhz();
  }
  return count;
}

static void written(int block, int at, int high, int low, int value) {
  printf("%s[%d, %d, %d, %d, %d]", writes++ ? ", " : "", block, at, high, low, value);
}

void rom_write(uint8_t block, uint8_t host, uint8_t at, uint8_t value) {
  if (host != ROM_HOST) abort();
  written(block, at, 7, 0, value);
}

void rom_write_mask(uint8_t block, uint8_t host, uint8_t at, uint8_t high, uint8_t low,
                    uint8_t value) {
  if (host != ROM_HOST) abort();
  written(block, at, high, low, value);
}

/* PLL's MHz, and registers: address and value each */
int main(int words, char **word) {
  pll_mhz = (uint32_t)atoi(word[1]);
  for (int i = 2; i < words; i += 2) {
    *find((uint32_t)strtoul(word[i], NULL, 0)) = (uint32_t)strtoul(word[i + 1], NULL, 0);
  }
  printf("{\\"writes\\": [");
  const uint32_t hz = te_clock_start();
  printf("], \\"hz\\": %u, \\"core\\": %u, \\"flash\\": %u, \\"voltage\\": %u, ", hz, mhz(),
         at_switch[1], at_switch[2]);
  printf("\\"first\\": %u, \\"flash_then\\": %u, \\"date\\": %u}\\n", at_switch[3], *find(FLASH_AT),
         *find(0x600081fc));
}
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """What te_clock_start of a board does with a PLL of some MHz."""
    need("gcc")
    programs = {name: _program(tmp_path_factory.mktemp(name), name) for name in BOARDS}

    def start(
        board: str,
        pll_mhz: int,
        fuses: tuple[int, ...] = FUSED,
        *,
        calibrates: bool = True,
        registers: dict[int, int] | None = None,
    ) -> dict[str, Any]:
        held = dict(zip(FUSES_AT, fuses, strict=True)) | {0x6000_E040: calibrates << 24}
        held |= registers or {}
        argv = [programs[board], pll_mhz, *(word for pair in held.items() for word in pair)]
        ran = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    return start


def _program(folder: Path, name: str) -> Path:
    board, ports = boards.load(name), resources.root("firmware_templates") / "port"
    bare = (ports / "bare" / "bare.h").read_text()
    macro = next(line for line in bare.splitlines() if line.startswith("#define TE_REGISTER("))
    (folder / "bare.h").write_text(bare.replace(macro, REGISTER))
    (folder / "te_core.h").write_text(CORE)
    (folder / "te_board.h").write_text(board_files.board_header(board))
    pll = (ports / board.port / "pll.c").read_text()
    for call, instead in ROM[name].items():
        assert pll.count(call) == 1
        pll = pll.replace(call, instead)
    (folder / "pll.c").write_text(pll)
    (folder / "main.c").write_text(MAIN)
    clock, chosen, mask, period = FACTS[name]
    defined = {"CLOCK_AT": clock, "CLOCK_PLL": chosen, "CLOCK_MASK": mask, "PERIOD_AT": period}
    defined |= {"FLASH_AT": FLASH_AT[name], "ROM_HOST": 4 if name == "esp32-bare" else 1}
    sources = [folder / "main.c", folder / "pll.c", ports / "esp_lx" / "clock.c"]
    sources += (ports / board.port).glob("voltage.c")
    argv = ["gcc", *WARNINGS, *SANITIZED, *(f"-D{key}={value}u" for key, value in defined.items())]
    argv += [f"-I{path}" for path in (folder, ports / board.port, ports / "esp_lx")]
    subprocess.run([*map(str, argv), *map(str, sources), "-o", str(folder / "program")], check=True)
    return folder / "program"


@pytest.mark.parametrize("board", BOARDS)
def test_the_core_has_240_mhz_at_a_higher_voltage_and_the_flash_its_own_clock(
    board: str, start: Start
) -> None:
    found = start(board, 480)
    assert (found["hz"], found["core"]) == (240 * MHZ, 240)
    if board == "esp32-bare":
        assert (found["flash"], found["voltage"]) == (3 << 12 | 1 << 6 | 3, 7 << 11)
        assert found["first"] == 240
        values = {at: value for _, at, _, _, value in found["writes"]}
        assert values == {0: 24, 1: 32, 4: 154, 10: 0, 12: 0, 11: 195, 9: 116, 2: 0, 3: 28, 5: 198}
    else:
        assert (found["flash"], found["first"]) == (3 << 16 | 1 << 8 | 3, 80)
        pll, rest = found["writes"][:7], found["writes"][7:]
        assert {tuple(write[:2]) for write in pll} == {(0x66, at) for at in (2, 3, 4, 5, 6, 9)}
        core, rtc = _voltage(FUSED)
        assert rest == [
            *([0x61, 6, 7, 0, 0x5A], [0x61, 5, 6, 6, 1], [0x6D, 13, 2, 2, 0]),
            *([0x6D, 13, 3, 3, 0], [0x6D, 4, 4, 0, rtc], [0x6D, 6, 4, 0, core]),
        ]


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("pll_mhz", [320, 400, 600])
def test_a_pll_that_makes_something_else_is_left_for_the_crystal(
    board: str, pll_mhz: int, start: Start
) -> None:
    found = start(board, pll_mhz, registers={FLASH_AT[board]: 0x1001})
    assert (found["hz"], found["core"], found["flash_then"]) == (40 * MHZ, 40, 0x1001)
    assert found["flash"] not in (0, 0x1001)  # meanwhile


def test_a_pll_whose_calibration_does_not_end_is_never_chosen(start: Start) -> None:
    board = "esp32s3-bare"
    found = start(board, 480, calibrates=False, registers={FLASH_AT[board]: 0x1001})
    assert (found["hz"], found["core"], found["first"]) == (40 * MHZ, 40, 0)
    assert found["flash_then"] == 0x1001


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("cause", range(1, 0x13))
def test_after_the_rtcs_watchdog_no_pll_is_chosen(board: str, cause: int, start: Start) -> None:
    found = start(board, 480, registers={RESET_STATE_AT[board]: cause | cause + 1 << 6})
    stood_still = cause in (0x09, 0x10)
    assert found["hz"] == (40 if stood_still else 240) * MHZ
    assert found["core"] * MHZ == found["hz"]


@pytest.mark.parametrize("lower", range(4))
def test_an_esp32s_voltage_is_that_of_its_fuses(lower: int, start: Start) -> None:
    awake, others = 7 << 11, 0x1234_8765 & ~(7 << 11)
    fuse = lower << 22 | 0x003F_FFFF | 1 << 24
    found = start("esp32-bare", 480, registers={0x3FF5_A014: fuse, 0x3FF4_807C: others | awake})
    assert found["voltage"] == others | 7 - lower << 11


def test_all_regulators_of_an_s3_help_at_240_mhz(start: Start) -> None:
    board, slow = "esp32s3-bare", {0x6000_81FC: 0x0210_1271 | 7 << 13}
    assert start(board, 480, registers=slow)["date"] == 0x0210_1271 & ~(0x3F << 13)
    assert start(board, 480, (0, 0, 0, 0), registers=slow)["date"] == slow[0x6000_81FC]


@pytest.mark.parametrize("fuses", [(0, 0, 0, 0), (2 << 24, 0, 0, 1), (*FUSED[:3], 2)])
def test_an_s3_whose_fuses_tell_no_voltage_has_80_mhz(fuses: tuple[int, ...], start: Start) -> None:
    found = start("esp32s3-bare", 480, fuses)
    assert (found["hz"], found["core"], len(found["writes"])) == (80 * MHZ, 80, 7)


def test_an_s3s_voltages_are_those_of_its_fuses(start: Start) -> None:
    rng = random.Random(5)
    for _ in range(100):
        fuses = (rng.randrange(1, 8) << 24, *(rng.getrandbits(32) for _ in range(2)))
        fuses = (*fuses[:2], fuses[2] | 1 << 11, 1)
        *_, rtc, core = start("esp32s3-bare", 480, fuses)["writes"]
        assert (core[4], rtc[4]) == _voltage(fuses)


def _voltage(fuses: tuple[int, ...]) -> tuple[int, int]:
    """Steps of both regulators at 240 MHz, in volts, as ESP-IDF's rtc_set_stored_dbias."""
    bits = fuses[1] | fuses[2] << 32
    (rtc_slope, core_slope), (rtc_20, core_20) = (
        [_signed(bits >> at, count) for at in places]
        for places, count in (((13, 20), 7), ((27, 35), 8))
    )
    volts = {
        "core": [1.0841 + core_20 / 500 + (0.0211 + core_slope / 1e4) * n for n in range(-5, 12)],
        "rtc": [1.0181 + rtc_20 / 500 + (0.0198 + rtc_slope / 1e4) * n for n in range(-5, 12)],
    }

    def step(name: str, least: float) -> int:
        fit = [15 + n for n, volt in enumerate(volts[name]) if volt >= least - 1e-9]
        return min([*fit, 31])

    core = min(step("core", 1.3), (bits >> 43 & 31) + 3)
    at_core = 1.0841 + core_20 / 500 + (0.0211 + core_slope / 1e4) * (core - 20)
    return core, step("rtc", at_core - 0.025)


def _signed(value: int, bits: int) -> int:
    size = value & (1 << bits - 1) - 1
    return -size if value >> bits - 1 & 1 else size
