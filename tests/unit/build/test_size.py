"""Sizes from a real ELF: they add up, weights are told from code, and the budget is checked."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from tests.support import fixture_firmware
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, tool
from tinyedge.build import Artifact, size
from tinyedge.errors import CheckFailed, ToolError

BOARD = boards.load("netduinoplus2")
WEIGHTS = """
const signed char te_step0_filter[1000] = {1};
const int te_step0_bias[5] = {2};
const signed char te_step12_filter[3] = {3};
const unsigned char g_tiny_model_data[64] = {4};
const int te_stepping_stone = 5;
const void *volatile keep;
static void __attribute__((constructor)) use(void) {
  keep = te_step0_filter, keep = te_step0_bias, keep = te_step12_filter;
  keep = g_tiny_model_data, keep = &te_stepping_stone;
}
"""


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", "arm-none-eabi-gcc", "arm-none-eabi-size")
    folder = fixture_firmware.write(tmp_path_factory.mktemp("size") / "firmware", BOARD)
    with (folder / "model" / "model.c").open("a") as model:
        model.write(WEIGHTS)
    return build.build(folder, BOARD)


def test_totals_are_those_of_binutils(artifact: Artifact) -> None:
    report = size.measure(artifact, BOARD)
    flash = ram = 0
    for line in tool.run(["arm-none-eabi-size", "-A", str(artifact.elf)]).stdout.splitlines():
        name, *numbers = line.split() or [""]
        if not name.startswith(".") or int(numbers[1]) < BOARD.memory.flash.origin:
            continue
        in_ram = int(numbers[1]) >= BOARD.memory.ram.origin
        ram += int(numbers[0]) if in_ram else 0
        flash += int(numbers[0]) if not in_ram or name == ".data" else 0
    assert report.flash_total == flash
    assert report.ram_static + report.stack == ram
    assert report.stack == 4096


def test_components_add_up_to_the_whole(artifact: Artifact) -> None:
    report = size.measure(artifact, BOARD)
    parts = dict(report.components)
    assert abs(sum(parts.values()) - report.flash_total) <= 16  # alignment between sections
    assert parts["app"] > 1000
    assert parts["port"] > 500
    assert parts["runtime"] == 0
    assert report.flash_runtime == parts["model"] - report.flash_weights > 0


def test_a_host_programs_dynamic_symbols_are_not_all(tmp_path: Path) -> None:
    need("make", "gcc")
    board = boards.load("host")
    folder = fixture_firmware.write(tmp_path / "firmware", board)
    with (folder / "model" / "model.c").open("a") as model:
        model.write(WEIGHTS)
    report = size.measure(build.build(folder, board), board)
    assert report.steps == ((0, 1020), (12, 3))
    assert report.flash_weights == 1020 + 3 + 64


def test_weights_are_told_from_code_by_step(artifact: Artifact) -> None:
    report = size.measure(artifact, BOARD)
    assert report.steps == ((0, 1020), (12, 3))
    assert report.flash_weights == 1020 + 3 + 64
    assert report.flash_code == report.flash_total - report.flash_weights
    sections = {section.name: section for section in report.sections}
    assert sections[".weights"].flash_bytes >= 1087
    assert sections[".bss"].flash_bytes == 0
    assert sections[".data"].flash_bytes == sections[".data"].ram_bytes


SHARED = """
.section .flash.rodata, "aw"
.space 1000
.section .ext_ram.dummy, "aw", %nobits
.space 5000
.section .ext_ram.bss, "aw", %nobits
.space 300
.global _start
_start:
"""


def test_flash_in_the_address_range_of_external_ram_is_no_ram(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    (tmp_path / "x.s").write_text(SHARED)
    (tmp_path / "x.map").write_text("")
    starts = [
        f"-Wl,--section-start=.{name}=0x3c0{at}0000"
        for name, at in [("flash.rodata", 1), ("ext_ram.dummy", 4), ("ext_ram.bss", 6)]
    ]
    out = str(tmp_path / "x.elf")
    tool.run(["arm-none-eabi-gcc", "-nostdlib", *starts, str(tmp_path / "x.s"), "-o", out])
    found = size.read(tmp_path / "x.elf", tmp_path / "x.map", boards.load("esp32s3-psram"))
    assert (found.ram_static, found.flash_total) == (300, 1000)


def test_more_than_the_board_has_is_refused_with_by_how_much(artifact: Artifact) -> None:
    report = size.measure(artifact, BOARD)
    small = msgspec.structs.replace(BOARD.memory.flash, size=report.flash_total - 10)
    board = msgspec.structs.replace(
        BOARD, memory=msgspec.structs.replace(BOARD.memory, flash=small)
    )
    with pytest.raises(CheckFailed, match=r"bytes of memory\.flash, 10 more than its"):
        size.measure(artifact, board)
    size.check(replace(report, flash_total=report.flash_total - 10), board)


def test_a_damaged_elf_is_an_error(artifact: Artifact, tmp_path: Path) -> None:
    elf = tmp_path / "firmware.elf"
    elf.write_bytes(artifact.elf.read_bytes()[:300])
    with pytest.raises(ToolError, match="not a readable ELF"):
        size.measure(Artifact(elf, artifact.map, tmp_path), BOARD)
