"""The port of the ESP32-C3 and C6 on this computer: what no simulator of them shows.

Its cycle counter over wraps, and its check that the core is as fast as the board's file says.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.native import SANITIZED, WARNINGS
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import resources
from tinyedge.board import Board
from tinyedge.emit import board_files

Say = Callable[..., list[str]]
BOARDS = ["esp32c3-bare", "esp32c6-bare"]
RATIO = 8  # cycles of 160 MHz in a tick of the timer of 20 MHz
WRAP = 1 << 32
CORE = """
#ifndef TE_CORE_H
#define TE_CORE_H
#include <stdint.h>
uint32_t csr_read(const char *name);
void csr_write(const char *name, uint32_t value);
#define TE_CSR_READ(name) csr_read(name)
#define TE_CSR_WRITE(name, value) csr_write(name, (uint32_t)(value))
static inline void te_interrupts_on(void) {}
static inline void te_interrupts_off(void) {}
#endif
"""
REGISTER = (
    "#define TE_REGISTER(address) (*register_at(address))\nuint32_t *register_at(uint32_t);\n"
)
MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "esp_riscv.h"
#include "riscv.h"
#include "te_core.h"
#include "te_port.h"

static uint32_t count, timer, ratio;
static struct { uint32_t at, value; } registers[64];

uint32_t *register_at(uint32_t at) {
  size_t i = 0;
  while (registers[i].at != at && registers[i].at != 0) i++;
  registers[i].at = at;
  if (at == TIMER_GROUP + 0x0c) registers[i].value = 0; /* the update is done at once */
  if (at == TIMER_GROUP + 0x04) {
    timer += 10;
    count += 10 * ratio;
    registers[i].value = timer;
  }
  return &registers[i].value;
}

uint32_t csr_read(const char *name) {
  return strcmp(name, "0x7e2") == 0 ? count : 0;
}

void csr_write(const char *name, uint32_t value) {
  if (strcmp(name, "0x7e2") == 0) count = value;
}

uint32_t te_stack_bottom[1];
void te_clock_start(void) {}
void te_uart_start(void) {}
void te_uart_quiet(bool quiet) { (void)quiet; }
void te_on_receive(void) { puts("received"); }
void te_watchdog_start(void) {}
_Noreturn void te_fail(const char *text, uint32_t address) {
  (void)address;
  puts(text);
  exit(0);
}

static void show(void) {
  printf("%llu\\n", (unsigned long long)te_port_ticks());
}

/* start RATIO: goes through te_port_init; lines: of the UART and timer; else counts, where "+" is
 * the timer's interrupt, and "-" the start of a measurement. */
int main(int words, char **word) {
  if (strcmp(word[1], "start") == 0) {
    ratio = (uint32_t)atoi(word[2]);
    te_port_init();
    printf("%u %u %u\\n", (unsigned)TE_REGISTER(MATRIX + 4 * UART_SOURCE),
           (unsigned)TE_REGISTER(MATRIX + 4 * TIMER_SOURCE), (unsigned)LINE_ENABLE);
    te_interrupt(UART_LINE);
    return 0;
  }
  for (int i = 1; i < words; i++) {
    if (*word[i] == '+') {
      te_interrupt(TIMER_LINE);
    } else if (*word[i] == '-') {
      te_port_quiet(true);
    } else {
      count = (uint32_t)strtoull(word[i], NULL, 0);
      if (word[i + 1] == NULL || *word[i + 1] != '+') show();
    }
  }
}
"""


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Say:
    """What the program of a board prints for some words."""
    need("gcc")
    programs = {name: _program(tmp_path_factory.mktemp(name), boards.load(name)) for name in BOARDS}

    def say(board_id: str, *words: int | str) -> list[str]:
        argv = [programs[board_id], *map(str, words)]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()

    return say


def _program(folder: Path, board: Board) -> Path:
    templates = resources.root("firmware_templates")
    bare = (templates / "port" / "bare" / "bare.h").read_text()
    macro = next(line for line in bare.splitlines() if line.startswith("#define TE_REGISTER("))
    (folder / "bare.h").write_text(bare.replace(macro, REGISTER))
    (folder / "te_core.h").write_text(CORE)
    (folder / "te_board.h").write_text(board_files.board_header(board))
    (folder / "main.c").write_text(MAIN)
    folders = [folder, templates / "include"]
    folders += [templates / "port" / name for name in (board.port, "esp_riscv", "riscv")]
    argv = ["gcc", *WARNINGS, *SANITIZED, *(f"-I{path}" for path in folders), folder / "main.c"]
    argv += [templates / "port" / "esp_riscv" / "port.c", "-o", folder / "program"]
    subprocess.run(list(map(str, argv)), check=True)
    return folder / "program"


@pytest.mark.parametrize("board_id", BOARDS)
def test_ticks_go_on_where_the_counter_begins_anew(board_id: str, say: Say) -> None:
    counts = [5, WRAP - 1, 4, 3_000_000_000, "+", 2_000_000_000, "+", 1, 9, "-", 7, 6]
    ticks = [5, WRAP - 1, WRAP + 4, 3 * WRAP + 1, 3 * WRAP + 9, 7, WRAP + 6]
    assert say(board_id, *counts) == list(map(str, ticks))


@pytest.mark.parametrize("board_id", BOARDS)
def test_interrupts_have_lines_and_the_uarts_goes_to_it(board_id: str, say: Say) -> None:
    assert say(board_id, "start", RATIO) == [f"8 9 {1 << 8 | 1 << 9}", "received"]


@pytest.mark.parametrize("ratio", [2, RATIO - 1])
def test_a_core_that_is_slower_than_the_board_says_is_told(ratio: int, say: Say) -> None:
    said = ["the clock is slower than the board says"]
    assert say("esp32c3-bare", "start", ratio) == said
