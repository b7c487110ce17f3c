"""Programs that write firmware: through a debug probe, or to a bootloader that listens on USB.

Argument lists are pure functions. What a program says when it fails is told as what is wrong and
what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge import tool
from tinyedge.board import Board
from tinyedge.errors import ConfigError, LinkError, TinyedgeError, ToolError
from tinyedge.flash import image
from tinyedge.workspace import write_atomic

_LIMIT_S = 300.0
_NRF52 = "0x0052"
#: USB vendors whose boards listen with such a bootloader: Arduino, Adafruit
_BOOTLOADERS = {"bossac": (0x2341,), "adafruit-nrfutil": (0x239A,)}

_NRFUTIL_FAILED = "Failed to upgrade target"
"""What adafruit-nrfutil prints where it could not write; its exit code is 0 all the same."""

_NO_PROBE = (
    "plug the probe (or the board that has one) in with a data cable; on Linux its udev rules"
)
_TWICE = (
    "press the board's reset button twice, quickly, so that its bootloader waits; then try again"
)


@dataclass(frozen=True)
class Failure:
    """``pattern`` in what a program printed means ``message``; ``hint`` is the next step."""

    pattern: str
    message: str
    hint: str


def openocd(elf: Path, board: Board) -> list[str]:
    """Return what writes, verifies and starts ``elf`` with OpenOCD."""
    settings = board.flash.openocd
    assert settings is not None
    return [
        "openocd",
        "-f",
        f"interface/{settings.interface}.cfg",
        "-f",
        f"target/{settings.target}.cfg",
        "-c",
        f"program {{{elf}}} verify reset exit",
    ]


def pyocd(elf: Path, board: Board) -> list[str]:
    """Return what writes and starts ``elf`` with pyOCD, which fails where there is no probe."""
    settings = board.flash.pyocd
    assert settings is not None
    return ["pyocd", "load", "--no-wait", "--target", settings.target, "--format", "elf", str(elf)]


def picotool(elf: Path) -> list[str]:
    """Return what writes, verifies and starts ``elf`` on a board that shows its boot ROM."""
    return ["picotool", "load", "--verify", "--execute", str(elf), "-t", "elf"]


def bossac(binary: Path, port: str) -> list[str]:
    """Return what writes a binary to Arduino's bootloader, behind which it goes, and starts it."""
    name = port.removeprefix("/dev/")
    return ["bossac", f"--port={name}", "-U", "-i", "-e", "-w", str(binary), "-R"]


def nrfutil_package(binary: Path, package: Path, board: Board) -> list[str]:
    """Return what packs a binary for Adafruit's bootloader behind the board's SoftDevice."""
    settings = board.flash.nrfutil
    assert settings is not None
    make = ["adafruit-nrfutil", "dfu", "genpkg", "--dev-type", _NRF52]
    goes_with = ["--sd-req", f"0x{settings.softdevice:04X}"]
    return [*make, *goes_with, "--application", str(binary), str(package)]


def nrfutil_write(package: Path, port: str) -> list[str]:
    """Return what sends a package to Adafruit's bootloader."""
    send = ["adafruit-nrfutil", "dfu", "serial", "--package", str(package)]
    return [*send, "--port", port, "--baudrate", "115200", "--singlebank"]


def write(elf: Path, board: Board) -> None:
    """Write the firmware with the program that ``flash.method`` names, and start it.

    Raises ConfigError if the board lacks that program's table, ToolError if the program is missing
    or fails, LinkError if it finds no board.
    """
    method = board.flash.method
    for argv in _WAYS[method](elf.resolve(), board):
        done = tool.run(argv, timeout_s=_LIMIT_S, check=False)
        log = done.stdout + done.stderr
        if done.returncode != 0 or _NRFUTIL_FAILED in log:
            kept = elf.with_name(f"{method}.log")
            write_atomic(kept, log)
            raise explain(method, log, done.returncode, kept)


def explain(method: str, log: str, code: int, kept: Path) -> TinyedgeError:
    """Return the error that fits what the program printed, all of which is in the file ``kept``."""
    for failure in _FAILURES[method]:
        if re.search(failure.pattern, log, re.IGNORECASE):
            return LinkError(failure.message, failure.hint)
    tail = "\n".join(log.strip().splitlines()[-15:])
    return ToolError(
        f"{method} failed with exit code {code}:\n{tail}",
        f"check cable, probe and power, then try again; all of it is in {kept}",
    )


def bootloader_port(method: str) -> str:
    """Return the port at which such a bootloader waits. Raises LinkError if there is not one."""
    from serial.tools import list_ports  # noqa: PLC0415  takes a while, and only flashing needs it

    vendors = _BOOTLOADERS[method]
    found = sorted(str(port.device) for port in list_ports.comports() if port.vid in vendors)
    if len(found) == 1:
        return found[0]
    if not found:
        raise LinkError(
            "no USB port of the board is there: the firmware runs, or the cable carries no data",
            _TWICE,
        )
    raise LinkError(f"several boards are plugged in: {', '.join(found)}", "unplug the others")


def _with_openocd(elf: Path, board: Board) -> list[list[str]]:
    _require(board, board.flash.openocd, 'openocd = { interface = "stlink", target = "stm32f4x" }')
    return [openocd(elf, board)]


def _with_pyocd(elf: Path, board: Board) -> list[list[str]]:
    _require(board, board.flash.pyocd, 'pyocd = { target = "nrf52840" }')
    return [pyocd(elf, board)]


def _with_bossac(elf: Path, _board: Board) -> list[list[str]]:
    return [bossac(_binary(elf), bootloader_port("bossac"))]


def _with_nrfutil(elf: Path, board: Board) -> list[list[str]]:
    _require(board, board.flash.nrfutil, "nrfutil = { softdevice = 0x00b6 }")
    package = elf.with_suffix(".zip")
    send = nrfutil_write(package, bootloader_port("adafruit-nrfutil"))
    return [nrfutil_package(_binary(elf), package, board), send]


def _binary(elf: Path) -> Path:
    path = elf.with_suffix(".bin")
    write_atomic(path, image.binary(elf)[1])
    return path


def _require(board: Board, table: object, example: str) -> None:
    if table is None:
        raise ConfigError(
            f'{board.id}: flash.method "{board.flash.method}" needs a table of its own in [flash]',
            f"e.g. {example}",
        )


_WAYS: dict[str, Callable[[Path, Board], Sequence[list[str]]]] = {
    "openocd": _with_openocd,
    "pyocd": _with_pyocd,
    "picotool": lambda elf, _board: [picotool(elf)],
    "bossac": _with_bossac,
    "adafruit-nrfutil": _with_nrfutil,
}

METHODS = tuple(_WAYS)

_FAILURES: dict[str, tuple[Failure, ...]] = {
    "openocd": (
        Failure(
            r"can't find target/",
            "this OpenOCD does not know the chip",
            "take a newer one; for the RP2350, which 0.12 lacks, Raspberry Pi's, or flash.method "
            '"uf2"',
        ),
        Failure(
            "LIBUSB_ERROR_ACCESS|insufficient permissions",
            "OpenOCD may not use the debug probe",
            "install OpenOCD's udev rules (60-openocd.rules) and plug the probe in again",
        ),
        Failure(
            "open failed|unable to open|no device found|unable to find a matching",
            "OpenOCD found no debug probe",
            f"{_NO_PROBE} are 60-openocd.rules",
        ),
        Failure(
            "init mode failed|unable to connect to the target|target not examined",
            "the debug probe does not reach the microcontroller",
            "check power, ground, SWDIO and SWCLK; hold reset while it begins",
        ),
        Failure(
            "verify failed|contents differ",
            "flash does not hold what was written",
            "try again; if it stays so, flash may be write-protected or worn out",
        ),
    ),
    "pyocd": (
        Failure(
            "no available debug probes|no connected debug probes|no debug probe",
            "pyOCD found no debug probe",
            f"{_NO_PROBE} are in pyOCD's folder udev/",
        ),
        Failure(
            "target type .* not recognized|unknown target|unrecognized target",
            "pyOCD does not know the chip",
            "install its pack: pyocd pack install CHIP, with the name in flash.pyocd.target",
        ),
        Failure(
            "no ack|SWD/JTAG communication failure|memory transfer fault",
            "the debug probe does not reach the microcontroller",
            "check power, ground, SWDIO and SWCLK; pyocd erase --mass unlocks a protected nRF52",
        ),
    ),
    "picotool": (
        Failure(
            "no accessible RP.* devices|no accessible RP2040 devices",
            "picotool found no board in its boot ROM",
            "hold BOOTSEL while you plug the board in; on Linux install picotool's udev rules",
        ),
    ),
    "bossac": (
        Failure(
            "no device found|SAM-BA operation failed|no serial ports|failed to open",
            "bossac found no bootloader that answers",
            _TWICE,
        ),
        Failure(
            "unsupported|device unsupported",
            "this bossac does not know the nRF52840",
            "use Arduino's (version 1.9.1-arduino2), which comes with its core for the board",
        ),
    ),
    "adafruit-nrfutil": (
        Failure(
            "permission denied",
            "adafruit-nrfutil may not use the port",
            'add yourself to its group ("sudo usermod -aG dialout $USER") and log in again',
        ),
        Failure(
            "could not open port|could not be opened|no data received",
            "adafruit-nrfutil found no bootloader that answers",
            _TWICE,
        ),
        Failure(
            _NRFUTIL_FAILED,
            "the bootloader did not take the firmware",
            "its INFO_UF2.TXT names its SoftDevice, which must be the one of the board's file "
            f"(flash.nrfutil); if it is, {_TWICE}",
        ),
    ),
}
