"""Why a device has started: counted over restarts, and read from the registers of real chips."""

import subprocess
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.native import WARNINGS
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, flash, resources
from tinyedge.emit import board_files, features
from tinyedge.errors import LinkError
from tinyedge.flash import qemu
from tinyedge.link import statistics
from tinyedge.link.protocol import Reset
from tinyedge.link.session import Session

MONITOR = features.chosen(["monitor"])
# A fault ends the emulator; here the core asks for a reset, as a watchdog does on a real board.
ENDS = "if (TE_EMULATED) te_port_halt(1);"
RESTARTS = "TE_REGISTER(0xe000ed0cu) = 0x05fa0004u;"


def _restarting(folder: Path) -> Path:
    board = boards.load("netduinoplus2")
    need("make", board.build.toolchain, qemu.program(board), "setpriv")
    boot = fixture.write(folder / "firmware", board, MONITOR) / "port" / "boot.c"
    text = boot.read_text()
    assert ENDS in text
    boot.write_text(text.replace(ENDS, RESTARTS))
    return folder / "firmware"


def test_a_fault_is_counted_by_the_start_after_it(tmp_path: Path) -> None:
    board = boards.load("netduinoplus2")
    artifact = build.build(_restarting(tmp_path), board)
    with flash.run(artifact, board) as device:
        for faults in range(3):
            with Session(device.url) as session:
                found = statistics.read(session).resets
                assert (found[Reset.UNKNOWN], found[Reset.FAULT]) == (1, faults)
                assert sum(found) == 1 + faults
                with pytest.raises(LinkError, match="crashed: exception"):
                    session.infer([b"\x7d" + bytes(783), bytes(5)])


MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "cortex_m.h"
#include "te_port.h"
int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    te_reset_note((uint32_t)strtoul(words[i], NULL, 0));
    printf("%u\\n", (unsigned)te_port_reset_cause());
  }
}
"""
# As at power-on: all flags of the supply and the pin; every other reset sets the pin's, too.
STM32 = {
    0x0E00_0000: Reset.POWER,
    0x0C00_0000: Reset.POWER,
    0x0600_0000: Reset.BROWNOUT,
    0x0400_0000: Reset.PIN,
    0x1400_0000: Reset.SOFTWARE,
    0x2400_0000: Reset.WATCHDOG,
    0x4400_0000: Reset.WATCHDOG,
    0x8400_0000: Reset.PIN,
    0: Reset.UNKNOWN,
}
NRF = {
    0: Reset.POWER,
    1: Reset.PIN,
    2: Reset.WATCHDOG,
    4: Reset.SOFTWARE,
    8: Reset.FAULT,
    1 << 16: Reset.UNKNOWN,
}
RP2_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "te_port.h"
static uint32_t registers[3];
uint32_t *reg(uint32_t address) {
  return &registers[address == WATCHDOG + 8 ? 0 : address == WATCHDOG + 12 ? 1 : 2];
}
int main(int count, char **words) {
  for (int i = 0; i < 3; i++) registers[i] = (uint32_t)strtoul(words[i + 1], NULL, 0);
  printf("%u\\n", (unsigned)te_port_reset_cause());
  return count != 4 || registers[1] == 0;
}
"""
RP2_CHIP = '#include <stdbool.h>\nuint32_t *reg(uint32_t);\n#include "chip.h"\n'
# The watchdog's reason, a scratch register, and what the last reset of the whole chip was.
AGAIN = 0x5445_4B50
RP2040 = {
    (1, AGAIN, 1 << 8): Reset.WATCHDOG,
    (2, AGAIN, 1 << 8): Reset.SOFTWARE,
    (0, AGAIN, 1 << 8): Reset.SOFTWARE,
    (0, 0, 1 << 8): Reset.POWER,
    (0, 0, 1 << 16): Reset.PIN,
    (0, 0, 1 << 20): Reset.UNKNOWN,
}
RP2350 = {
    (1, AGAIN, 1 << 16): Reset.WATCHDOG,
    (0, AGAIN, 1 << 16): Reset.SOFTWARE,
    (0, 0, 1 << 16): Reset.POWER,
    (0, 0, 3 << 16): Reset.BROWNOUT,
    (0, 0, 1 << 18): Reset.PIN,
    (0, 0, 1 << 19): Reset.UNKNOWN,
}


def _program(folder: Path, board_id: str, source: str, main: str, *flags: str) -> Path:
    """The port's reset.c on this computer, under ``main``."""
    need("gcc")
    templates = resources.root("firmware_templates")
    (folder / "te_board.h").write_text(board_files.board_header(boards.load(board_id), MONITOR))
    (folder / "te_protocol.h").write_text(board_files.protocol_header())
    (folder / "main.c").write_text(main)
    port = boards.load(board_id).port
    folders = [folder, templates / "include"]
    folders += [templates / "port" / name for name in ("bare", "cortex_m", "rp2", port)]
    argv = ["gcc", *WARNINGS, *(f"-I{path}" for path in folders), *flags]
    argv += [folder / "main.c", templates / "port" / source / "reset.c", "-o", folder / "elf"]
    subprocess.run(list(map(str, argv)), check=True)
    return folder / "elf"


def _said(elf: Path, *words: int) -> list[int]:
    done = subprocess.run([elf, *map(str, words)], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize(
    ("board_id", "source", "table"),
    [
        ("bluepill", "stm32_iwdg", STM32),
        ("stm32f4-discovery", "stm32_iwdg", STM32),
        ("nrf52840dk", "nrf_wdt", NRF),
    ],
)
def test_flags_of_a_reset(
    board_id: str, source: str, table: dict[int, Reset], tmp_path: Path
) -> None:
    elf = _program(tmp_path, board_id, source, MAIN)
    assert _said(elf, *table) == list(table.values())


def test_an_emulated_nrf_flags_nothing(tmp_path: Path) -> None:
    assert _said(_program(tmp_path, "qemu-microbit", "nrf_wdt", MAIN), 0) == [Reset.UNKNOWN]


@pytest.mark.parametrize(("board_id", "table"), [("pico", RP2040), ("pico2", RP2350)])
def test_registers_of_an_rp2(
    board_id: str, table: dict[tuple[int, int, int], Reset], tmp_path: Path
) -> None:
    (tmp_path / "fake.h").write_text(RP2_CHIP)
    flags = ["-DTE_BARE_H", "-DTE_REGISTER(at)=(*reg(at))", "-include", "stdint.h"]
    flags += ["-include", str(tmp_path / "fake.h")]
    elf = _program(tmp_path, board_id, "rp2", RP2_MAIN, *flags)
    assert {key: Reset(_said(elf, *key)[0]) for key in table} == table


ESP_SYSTEM = """
typedef enum { ESP_RST_UNKNOWN, ESP_RST_POWERON, ESP_RST_EXT, ESP_RST_SW, ESP_RST_PANIC,
  ESP_RST_INT_WDT, ESP_RST_TASK_WDT, ESP_RST_WDT, ESP_RST_DEEPSLEEP, ESP_RST_BROWNOUT,
  ESP_RST_SDIO } esp_reset_reason_t;
esp_reset_reason_t esp_reset_reason(void);
"""
ESP_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "esp_system.h"
#include "te_port.h"
static int reason;
esp_reset_reason_t esp_reset_reason(void) { return (esp_reset_reason_t)reason; }
int main(int count, char **words) {
  for (int i = 1; i < count; i++) {
    reason = atoi(words[i]);
    printf("%u\\n", (unsigned)te_port_reset_cause());
  }
  return te_port_kept() == NULL;
}
"""


def test_reasons_of_esp_idf(tmp_path: Path) -> None:
    (tmp_path / "esp_system.h").write_text(ESP_SYSTEM)
    (tmp_path / "esp_attr.h").write_text("#define RTC_NOINIT_ATTR\n")
    elf = _program(tmp_path, "esp32", "esp-idf", ESP_MAIN)
    assert [Reset(number).name for number in _said(elf, *range(11))] == [
        "UNKNOWN",
        "POWER",
        "PIN",
        "SOFTWARE",
        "FAULT",
        "WATCHDOG",
        "WATCHDOG",
        "WATCHDOG",
        "UNKNOWN",
        "BROWNOUT",
        "UNKNOWN",
    ]


def test_every_port_tells_and_keeps() -> None:
    """A port without either would not link; what ESP-IDF builds is not linked here."""
    for name in boards.available():
        files = board_files.files(boards.load(name), selected=MONITOR)
        text = "".join(text for path, text in files.items() if path.startswith("port/"))
        for function in ("te_port_reset_cause(void) {", "te_port_kept(void) {"):
            assert text.count(function) == 1, name
        assert "te_port_reset_cause(void) {" not in "".join(
            board_files.files(boards.load(name)).values()
        )
