"""Flashing through probes and bootloaders: exact arguments, and every failure with what to do."""

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from serial.tools import list_ports

from tests.support import fixture_firmware as fixture
from tests.support.fake_tools import FakeTools, printing
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.board import Board
from tinyedge.errors import ConfigError, LinkError, ToolError
from tinyedge.flash import image, programmers

ELF = Path("/out/firmware.elf")


def _with(name: str, method: str) -> Board:
    board = boards.load(name)
    return msgspec.structs.replace(board, flash=msgspec.structs.replace(board.flash, method=method))


def test_arguments_of_openocd() -> None:
    assert programmers.openocd(ELF, boards.load("bluepill")) == [
        *("openocd", "-f", "interface/stlink.cfg", "-f", "target/stm32f1x.cfg"),
        *("-c", "program {/out/firmware.elf} verify reset exit"),
    ]


def test_arguments_of_pyocd() -> None:
    assert programmers.pyocd(ELF, boards.load("nrf52840dk")) == [
        *("pyocd", "load", "--no-wait", "--target", "nrf52840"),
        *("--format", "elf", "/out/firmware.elf"),
    ]


def test_arguments_of_picotool() -> None:
    assert programmers.picotool(ELF) == [
        *("picotool", "load", "--verify", "--execute", "/out/firmware.elf", "-t", "elf")
    ]


def test_arguments_of_bossac() -> None:
    assert programmers.bossac(Path("/out/firmware.bin"), "/dev/ttyACM0") == [
        *("bossac", "--port=ttyACM0", "-U", "-i", "-e", "-w", "/out/firmware.bin", "-R")
    ]


def test_arguments_of_adafruit_nrfutil() -> None:
    package = Path("/out/firmware.zip")
    feather = boards.load("feather-nrf52840")
    assert programmers.nrfutil_package(Path("/out/firmware.bin"), package, feather) == [
        *("adafruit-nrfutil", "dfu", "genpkg", "--dev-type", "0x0052", "--sd-req", "0x00B6"),
        *("--application", "/out/firmware.bin", "/out/firmware.zip"),
    ]
    assert programmers.nrfutil_write(package, "/dev/ttyACM0") == [
        *("adafruit-nrfutil", "dfu", "serial", "--package", "/out/firmware.zip"),
        *("--port", "/dev/ttyACM0", "--baudrate", "115200", "--singlebank"),
    ]


@pytest.mark.parametrize(
    ("method", "log", "message", "hint"),
    [
        (
            "openocd",
            "Error: Can't find target/rp2350.cfg",
            "does not know the chip",
            "Raspberry Pi",
        ),
        ("openocd", "Error: open failed", "OpenOCD found no debug probe", "60-openocd.rules"),
        ("openocd", "Error: libusb_open() failed with LIBUSB_ERROR_ACCESS", "may not use", "udev"),
        ("openocd", "Error: init mode failed (unable to connect", "does not reach", "SWDIO"),
        ("openocd", "** Verify Failed **", "does not hold what was written", "try again"),
        ("pyocd", "No available debug probes are connected", "found no debug probe", "udev"),
        ("pyocd", "Target type nrf9 not recognized.", "does not know the chip", "pyocd pack"),
        ("pyocd", "SWD/JTAG Communication Failure (No ACK)", "does not reach", "SWCLK"),
        ("picotool", "No accessible RP-series devices in BOOTSEL mode", "no board", "BOOTSEL"),
        ("bossac", "No device found on ttyACM0", "found no bootloader", "twice"),
        ("bossac", "Device unsupported", "does not know the nRF52840", "1.9.1-arduino2"),
        ("adafruit-nrfutil", "Failed to upgrade target. Error is: No data received", "no boot", ""),
        ("adafruit-nrfutil", "[Errno 13] Permission denied: '/dev/ttyACM0'", "may not", "dialout"),
        ("adafruit-nrfutil", "Failed to upgrade target. Error is: x", "did not take", "SoftDevice"),
    ],
)
def test_what_a_program_says_is_told_with_the_next_step(
    method: str, log: str, message: str, hint: str
) -> None:
    error = programmers.explain(method, log, 1, Path("x.log"))
    assert isinstance(error, LinkError)
    assert message in error.message
    assert hint in error.hint


def test_any_other_failure_shows_what_was_printed() -> None:
    error = programmers.explain("openocd", "something new\n", 7, Path("x.log"))
    assert isinstance(error, ToolError)
    assert error.message == "openocd failed with exit code 7:\nsomething new"


@pytest.mark.parametrize("method", ["openocd", "pyocd", "adafruit-nrfutil"])
def test_a_board_must_say_what_the_program_needs(method: str) -> None:
    with pytest.raises(ConfigError, match=f'"{method}" needs a table of its own'):
        programmers.write(ELF, _with("nano33ble", method))


def _ports(monkeypatch: pytest.MonkeyPatch, *found: tuple[str, int]) -> None:
    ports = [SimpleNamespace(device=device, vid=vid, pid=0x1234) for device, vid in found]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)


def test_the_bootloader_is_found_by_its_vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    _ports(monkeypatch, ("/dev/ttyUSB0", 0x0403), ("/dev/ttyACM1", 0x2341))
    assert programmers.bootloader_port("bossac") == "/dev/ttyACM1"
    with pytest.raises(LinkError, match="no USB port of the board") as raised:
        programmers.bootloader_port("adafruit-nrfutil")
    assert "reset button twice" in raised.value.hint
    _ports(monkeypatch, ("/dev/ttyACM1", 0x2341), ("/dev/ttyACM2", 0x2341))
    with pytest.raises(LinkError, match="several boards are plugged in"):
        programmers.bootloader_port("bossac")


def test_a_board_is_written_and_found_at_its_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "arm-none-eabi-gcc")
    board, port = boards.load("nano33ble"), tmp_path / "ttyUSB0"
    artifact = fixture.made(tmp_path, board)
    port.touch()
    _ports(monkeypatch, ("/dev/ttyACM1", 0x2341))
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    with pytest.raises(ToolError, match='the program "bossac" is not on the PATH'):
        flash.start(artifact, board, tmp_path, str(port))
    tools.add("bossac")
    device = flash.start(artifact, board, tmp_path, str(port))
    binary = artifact.elf.with_suffix(".bin")
    assert (device.url, device.process) == (str(port), None)
    assert tools.calls() == [programmers.bossac(binary, "/dev/ttyACM1")]
    assert binary.read_bytes() == image.binary(artifact.elf)[1]
    tools.add("bossac", printing("No device found on ttyACM1", 1))
    with pytest.raises(LinkError, match="found no bootloader"):
        flash.start(artifact, board, tmp_path, str(port))


def test_adafruits_bootloader_is_written_and_its_refusal_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "arm-none-eabi-gcc")
    board, port = boards.load("feather-nrf52840"), tmp_path / "ttyUSB0"
    artifact = fixture.made(tmp_path, board)
    start, _ = image.binary(artifact.elf)
    assert start == 0x26000, "behind SoftDevice S140 6.1.1"
    port.touch()
    _ports(monkeypatch, ("/dev/ttyACM1", 0x239A))
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    tools.add("adafruit-nrfutil")
    flash.start(artifact, board, tmp_path, str(port))
    binary, package = artifact.elf.with_suffix(".bin"), artifact.elf.with_suffix(".zip")
    assert tools.calls() == [
        programmers.nrfutil_package(binary, package, board),
        programmers.nrfutil_write(package, "/dev/ttyACM1"),
    ]
    refused = "Failed to upgrade target. Error is: No data received on serial port."
    tools.add("adafruit-nrfutil", printing(refused, 0))
    with pytest.raises(LinkError, match="found no bootloader"):
        flash.start(artifact, board, tmp_path, str(port))


def test_a_missing_elf_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="not a readable ELF"):
        image.binary(tmp_path / "none.elf")
