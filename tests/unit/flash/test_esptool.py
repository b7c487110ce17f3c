"""Flashing with esptool: exact arguments for its old and new spelling, and every failure."""

import json
from pathlib import Path

import msgspec
import pytest

from tests.support import fixture_firmware as fixture
from tests.support.fake_tools import FakeTools, printing
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.errors import ConfigError, LinkError, TinyedgeError, ToolError
from tinyedge.flash import esptool, image

# As ESP-IDF 5.3 (esptool 4) and 6.0 (esptool 5) write it.
OLD = {
    "write_flash_args": ["--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"],
    "flash_settings": {"flash_mode": "dio", "flash_size": "4MB", "flash_freq": "80m"},
    "flash_files": {
        "0x10000": "firmware.bin",
        "0x1000": "bootloader/bootloader.bin",
        "0x8000": "partition_table/partition-table.bin",
    },
    "bootloader": {"offset": "0x1000", "file": "bootloader/bootloader.bin", "encrypted": "false"},
    "extra_esptool_args": {
        "after": "hard_reset",
        "before": "default_reset",
        "stub": True,
        "chip": "esp32",
    },
}
NEW = OLD | {
    "write_flash_args": ["--flash-mode", "dio", "--flash-size", "4MB", "--flash-freq", "80m"],
    "extra_esptool_args": {
        "after": "hard-reset",
        "before": "default-reset",
        "stub": False,
        "chip": "esp32c3",
    },
}


def _build(folder: Path, args: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "flasher_args.json").write_text(json.dumps(args))
    return folder


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTools:
    return FakeTools(tmp_path / "bin", monkeypatch)


def test_arguments_as_esptool_4_takes_them(tmp_path: Path) -> None:
    args = esptool.read(_build(tmp_path, OLD) / "flasher_args.json")
    assert esptool.argv("esptool.py", args, Path("/out"), "/dev/ttyUSB0") == [
        "esptool.py",
        *("--chip", "esp32", "--port", "/dev/ttyUSB0", "--baud", "460800"),
        *("--before", "default_reset", "--after", "hard_reset", "write_flash"),
        *("--flash_mode", "dio", "--flash_size", "4MB", "--flash_freq", "80m"),
        *("0x1000", "/out/bootloader/bootloader.bin"),
        *("0x8000", "/out/partition_table/partition-table.bin"),
        *("0x10000", "/out/firmware.bin"),
    ]


def test_arguments_as_esptool_5_takes_them(tmp_path: Path) -> None:
    args = esptool.read(_build(tmp_path, NEW) / "flasher_args.json")
    found = esptool.argv("esptool", args, Path("/out"), "/dev/ttyUSB0")
    assert found[7:13] == [
        *("--before", "default-reset", "--after", "hard-reset", "--no-stub", "write-flash")
    ]


def test_the_esptool_that_the_build_is_for_is_preferred(tools: FakeTools, tmp_path: Path) -> None:
    old = _build(tmp_path / "old", OLD)
    new = _build(tmp_path / "new", NEW)
    tools.add("esptool")  # e.g. that of the distribution
    esptool.write(old, "/dev/ttyUSB0")
    tools.add("esptool.py")
    esptool.write(old, "/dev/ttyUSB0")
    esptool.write(new, "/dev/ttyUSB0")
    assert [call[0] for call in tools.calls()] == ["esptool", "esptool.py", "esptool"]


def test_nothing_to_flash_with(tools: FakeTools, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="esptool is not on the PATH"):
        esptool.write(_build(tmp_path / "out", NEW), "/dev/ttyUSB0")
    tools.add("esptool")
    with pytest.raises(ToolError, match=r"flasher_args\.json: No such file"):
        esptool.write(tmp_path, "/dev/ttyUSB0")
    (tmp_path / "flasher_args.json").write_text('{"write_flash_args": 1}')
    with pytest.raises(ToolError, match=r"flasher_args\.json: Expected"):
        esptool.write(tmp_path, "/dev/ttyUSB0")


@pytest.mark.parametrize(
    ("log", "message", "hint"),
    [
        (
            "A fatal error occurred: This chip is ESP32-S3 not ESP32. Wrong --chip argument?",
            "has an ESP32-S3, and the firmware is for an ESP32",
            "BOARD=esp32s3 or BOARD=esp32s3-bare or BOARD=esp32s3-psram",
        ),
        (
            "A fatal error occurred: This chip is ESP32-H2, not ESP32-C3. Wrong chip argument?",
            "has an ESP32-H2, and the firmware is for an ESP32-C3",
            "no board has that chip yet",
        ),
        (
            "A fatal error occurred: This chip is ESP32-C3, not ESP32. Wrong chip argument?",
            "has an ESP32-C3, and the firmware is for an ESP32",
            "BOARD=esp32c3 or BOARD=esp32c3-bare",
        ),
        (
            "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
            "([Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied)",
            "no permission",
            "dialout",
        ),
        (
            "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
            "([Errno 2] could not open port /dev/ttyUSB0: [Errno 2] No such file or directory)",
            "no such port any more",
            "PORT=",
        ),
        (
            "Could not open /dev/ttyUSB0, the port is busy or doesn't exist.\n"
            "([Errno 11] Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource "
            "temporarily unavailable)",
            "in use by another program",
            "close the monitor",
        ),
        (
            "Failed to connect to ESP32: Wrong boot mode detected (0x13)! The chip needs to be in "
            "download mode.",
            "did not enter download mode",
            "BOOT button",
        ),
        (
            "Failed to connect to ESP32: No serial data received.",
            "download mode was not reached",
            "data cable",
        ),
        (
            "A serial exception error occurred: device reports readiness to read but returned no "
            "data (device disconnected or multiple access on port?)",
            "the port is in use by another program",
            "close the monitor",
        ),
        ("A serial exception error occurred: write failed", "the connection broke", "cable"),
    ],
)
def test_failures(tools: FakeTools, tmp_path: Path, log: str, message: str, hint: str) -> None:
    tools.add("esptool", printing(log, 2))
    with pytest.raises(LinkError, match=message) as caught:
        esptool.write(_build(tmp_path / "out", NEW), "/dev/ttyUSB0")
    assert "/dev/ttyUSB0" in caught.value.message
    assert hint in caught.value.hint


def test_a_failure_of_another_kind_shows_what_esptool_said() -> None:
    error = esptool.explain(
        "a\nA fatal error occurred: MD5 of file does not match", "/dev/x", Path("x.log")
    )
    assert isinstance(error, TinyedgeError)
    assert "MD5 of file does not match" in error.message


def test_firmware_without_esp_idf_goes_where_the_boot_rom_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "riscv64-unknown-elf-gcc")
    made = fixture.made(tmp_path, boards.load("esp32c3-bare"))
    tools = FakeTools(tmp_path / "bin", monkeypatch)  # from here on there is no other program
    tools.add("esptool")
    flash._write(made, boards.load("esp32c3-bare"), "/dev/ttyUSB0")
    binary = made.elf.with_suffix(".bin")
    assert tools.calls() == [
        [
            "esptool",
            *("--chip", "esp32c3", "--port", "/dev/ttyUSB0", "--baud", "460800"),
            *("--before", "default_reset", "--after", "hard_reset", "write_flash"),
            *("0x0", str(binary)),
        ]
    ]
    assert binary.read_bytes()[:8].hex() == "1d04dbae" * 2
    assert binary.read_bytes() == image.binary(made.elf)[1]


def test_a_board_that_does_not_say_where_is_refused() -> None:
    board = boards.load("esp32c3-bare")
    without = msgspec.structs.replace(board, flash=boards.Flash(method="esptool"))
    with pytest.raises(ConfigError, match="needs a table of its own") as raised:
        esptool.bare_args(without, "firmware.bin")
    assert 'esptool = { chip = "esp32c3", image_at = 0x0 }' in raised.value.hint
