"""Flash that takes models: where it lies, and the STM32F4's and ESP-IDF's drivers of it."""

import re
import subprocess
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from tests.support import updatable
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import build, keys, resources
from tinyedge.board import Board
from tinyedge.emit import flash_areas
from tinyedge.errors import ConfigError
from tinyedge.recipe import Compile
from tinyedge.workflow import pipeline
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import Workspace

DISCOVERY = boards.load("stm32f4-discovery")
TEMPLATES = resources.root("firmware_templates")
SECTOR_8 = 0x0808_0000


def _firmware(folder: Path, board: Board, *features: str) -> Firmware:
    workspace, path = Workspace(folder), folder / "net.tflite"
    path.write_bytes(updatable.network(1))
    keys.make(folder / "keys")
    loaded = pipeline.load(pipeline.resolve(str(path), Compile(features=features)), workspace)
    return pipeline.generate(loaded, board, "aot", workspace)


def test_firmware_of_the_discovery_ends_before_its_slots(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "arm-none-eabi-readelf")
    firmware = _firmware(tmp_path, DISCOVERY, "update")
    text = f"LENGTH = {SECTOR_8 - 0x0800_0000}"
    assert text in (firmware.folder / "link.ld").read_text()
    artifact = build.build(firmware.folder, firmware.board)
    found = subprocess.run(
        ["arm-none-eabi-readelf", "-lW", artifact.elf], capture_output=True, text=True, check=True
    )
    loads = re.findall(r"LOAD +\S+ +\S+ (\S+) (\S+)", found.stdout)
    assert loads
    assert all(int(at, 16) + int(size, 16) <= SECTOR_8 for at, size in loads)
    symbols = subprocess.run(
        ["arm-none-eabi-nm", artifact.elf], capture_output=True, text=True, check=True
    )
    assert " te_flash_write\n" in symbols.stdout


def test_other_firmware_has_all_of_the_flash(tmp_path: Path) -> None:
    firmware = _firmware(tmp_path, DISCOVERY)
    assert firmware.board.memory == DISCOVERY.memory
    assert not (firmware.folder / "port" / "flash.c").exists()


@pytest.mark.parametrize("name", ["netduinoplus2", "stm32f4-discovery-simulated"])
def test_emulated_flash_is_not_written(name: str, tmp_path: Path) -> None:
    firmware = _firmware(tmp_path, boards.load(name), "update")
    expected = (TEMPLATES / "port" / "flash_ram" / "flash.c").read_text()
    assert (firmware.folder / "port" / "flash.c").read_text() == expected
    assert firmware.board.memory == DISCOVERY.memory or name == "netduinoplus2"


def _driver(folder: Path) -> Path:
    """The model of the flash controller around the driver."""
    need("g++")
    headers = {
        "te_board.h": "#define TE_UPDATE_SECTOR 8u\n#define TE_FLASH_ORIGIN 0x08000000u\n"
        "#define TE_FLASH_BYTES 524288u\n",
        "te_slot_bytes.h": "#define TE_SLOT_BYTES 131072\n",
        "bare.h": "",
        "te_port.h": "",
    }
    for name, text in headers.items():
        (folder / name).write_text(text)
    source = Path(__file__).with_name("stm32f4_flash.cc")
    port, update = TEMPLATES / "port" / "stm32f4", TEMPLATES / "update"
    folders = [f"-I{folder}", f"-I{update}", f"-I{port}"]
    sanitizer = "-fsanitize=address,undefined"
    command = ["g++", "-std=c++17", "-w", sanitizer, *folders, source, "-o", folder / "driver"]
    subprocess.run(command, check=True)
    return folder / "driver"


def test_the_stm32f4_driver_does_what_the_manual_says(tmp_path: Path) -> None:
    driver = _driver(tmp_path)
    for area in range(4):
        ran = subprocess.run([driver, str(area), "0"], capture_output=True, text=True, check=False)
        lines, snb, at = ran.stdout.splitlines(), (8 + area) << 3, SECTOR_8 + area * 0x2_0000
        unlock = ["40023c04=45670123", "40023c04=cdef89ab", "40023c0c=000000f2"]
        words = [bytes((i + k) * 7 & 0xFF for k in range(3, 7)) for i in range(0, 32, 4)]
        assert lines == [
            *unlock,
            f"40023c10={0x202 | snb:08x}",
            f"40023c10={0x10202 | snb:08x}",
            "40023c10=80000000",
            *("40023c00=00000105", "40023c00=00001905", "40023c00=00000105", "40023c00=00000705"),
            "erased 1",
            *unlock,
            "40023c10=00000201",
            *(
                f"{at + 48 + 4 * i:08x}={int.from_bytes(word, 'little'):08x}"
                for i, word in enumerate(words)
            ),
            "40023c10=80000000",
            "written 1",
            f"same 1, erased around 1, at {at:08x}, locked 1, caches 705",
        ]


@pytest.mark.parametrize("error", ["2", "10", "20", "40", "80"])
def test_the_stm32f4_driver_reports_errors(error: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [_driver(tmp_path), "0", error], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0
    assert "erased 0\n" in ran.stdout
    assert "written 0\n" in ran.stdout
    assert "locked 1, caches 705" in ran.stdout
    assert len(re.findall("^080", ran.stdout, re.MULTILINE)) == 1, "it stops at the first word"


def _with_sector(board: Board, sector: int) -> Board:
    return msgspec.structs.replace(
        board, peripherals={**board.peripherals, "update_sector": sector}
    )


@pytest.mark.parametrize(
    ("name", "sector"),
    [("stm32f4-discovery", 4), ("stm32f4-discovery", 9), ("nucleo-f446re", 5)],
)
def test_sectors_that_the_chip_lacks_are_refused(name: str, sector: int) -> None:
    with pytest.raises(ConfigError, match=rf"update_sector = {sector}: it and the three"):
        flash_areas.reserved(_with_sector(boards.load(name), sector), 1024)


def test_a_package_larger_than_a_slot_is_refused() -> None:
    assert flash_areas.reserved(DISCOVERY, 131_072).memory.flash.bytes == 512 * 1024
    with pytest.raises(ConfigError, match=r"takes 131,104 bytes .* a slot has 131,072"):
        flash_areas.reserved(DISCOVERY, 131_104)


@pytest.mark.parametrize("name", ["esp32", "esp32c3", "esp32s3", "esp32s3-psram"])
def test_esp_idf_has_partitions_for_models(name: str, tmp_path: Path) -> None:
    need("gcc")
    board = boards.load(name)
    assert board.esp is not None
    firmware = _firmware(tmp_path, board, "update")
    rows = (firmware.folder / "partitions.csv").read_text().splitlines()[1:]
    parsed = [[cell.strip() for cell in row.split(",")] for row in rows]
    assert [cells[0] for cells in parsed] == ["factory", "records0", "records1", "slot0", "slot1"]
    assert {cells[1] for cells in parsed[1:]} == {"data"}
    spans = [(int(cells[3], 16), int(cells[3], 16) + int(cells[4], 16)) for cells in parsed]
    assert all(end == begin for (_, end), (begin, _) in pairwise(spans))
    assert spans[-1][1] == board.esp.flash_mb * 1024 * 1024
    assert all(begin % 0x1_0000 == 0 for begin, _ in spans)
    assert firmware.board.memory.flash.bytes == spans[0][1] - spans[0][0]
    assert "esp_partition" in (firmware.folder / "main" / "CMakeLists.txt").read_text()
    for header in ("esp_partition.h", "freertos/FreeRTOS.h", "freertos/task.h"):
        path = firmware.folder / "fake" / header
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#include "esp_idf.h"\n')
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Ifake", "-Iinclude"]
    flags += ["-Iupdate", f"-I{CHECKOUT / 'tests' / 'host'}"]
    subprocess.run(["gcc", *flags, "port/flash.c"], cwd=firmware.folder, check=True)


def test_esp_idf_without_updates_has_none(tmp_path: Path) -> None:
    firmware = _firmware(tmp_path, boards.load("esp32"))
    assert len((firmware.folder / "partitions.csv").read_text().splitlines()) == 2
    assert "esp_partition" not in (firmware.folder / "main" / "CMakeLists.txt").read_text()


def test_a_stack_that_checking_a_signature_would_overflow_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"memory\.stack is 2,048 bytes"):
        flash_areas.reserved(boards.load("qemu-microbit"), 1000)
