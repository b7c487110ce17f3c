"""Writes firmware to a board with esptool.

An ESP-IDF build at the offsets that it gives, and firmware without ESP-IDF where the chip's boot
ROM looks for it: as it is, or as an image that the ROM loads.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from tinyedge import board as boards
from tinyedge import tool
from tinyedge.board import Board
from tinyedge.errors import CheckFailed, ConfigError, LinkError, TinyedgeError, ToolError
from tinyedge.flash import esp_image, image
from tinyedge.workspace import write_atomic

BAUD = 460_800
"""While flashing; what ESP-IDF itself uses."""

LOG = "esptool.log"
"""Beside the firmware: all that it has printed where it failed."""

_LIMIT_S = 300.0


class Extra(msgspec.Struct, frozen=True):
    """How the chip is reset before and after, whether a stub is loaded, and which chip it is."""

    chip: str
    before: str
    after: str
    stub: bool


class FlasherArgs(msgspec.Struct, frozen=True):
    """What ESP-IDF writes to flasher_args.json: options, and offset (hexadecimal) -> file."""

    write_flash_args: list[str]
    flash_files: dict[str, str]
    extra_esptool_args: Extra


def read(path: Path) -> FlasherArgs:
    """Read flasher_args.json. Raises ToolError if it is missing or not what ESP-IDF writes."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=FlasherArgs)
    except OSError as error:
        raise ToolError(
            f"{path}: {error.strerror}", 'build the firmware first: "tinyedge build"'
        ) from error
    except msgspec.DecodeError as error:
        raise ToolError(f"{path}: {error}", "delete the folder and build again") from error


def program(args: FlasherArgs) -> str:
    """Return esptool's name: ``esptool.py`` up to its version 4, then ``esptool``.

    The one of the ESP-IDF that has built is preferred: a distribution may have another.
    """
    return _first(*(("esptool", "esptool.py") if _is_5(args) else ("esptool.py", "esptool")))


def require() -> None:
    """Raise ToolError if there is no esptool, under neither of its names."""
    _first("esptool", "esptool.py")


def _first(*names: str) -> str:
    for name in names:
        if tool.find(name):
            return name
    raise ToolError(
        "esptool is not on the PATH",
        f'run "{tool.pip("esptool")}"; it also comes with ESP-IDF: run its export.sh in this shell',
    )


def argv(name: str, args: FlasherArgs, folder: Path, port: str) -> list[str]:
    """Return what writes the files of ``folder`` through ``port``, lowest offset first."""
    extra = args.extra_esptool_args
    command = "write-flash" if _is_5(args) else "write_flash"
    files = sorted(args.flash_files.items(), key=lambda item: int(item[0], 16))
    return [
        name,
        "--chip",
        extra.chip,
        "--port",
        port,
        "--baud",
        str(BAUD),
        "--before",
        extra.before,
        "--after",
        extra.after,
        *([] if extra.stub else ["--no-stub"]),
        command,
        *args.write_flash_args,
        *(part for offset, file in files for part in (offset, str(folder / file))),
    ]


def write(folder: Path, port: str) -> None:
    """Write the build in ``folder`` to the board at ``port`` and restart it.

    Raises ToolError or LinkError, each with the next step.
    """
    _write(read(folder / "flasher_args.json"), folder, port)


def bare_args(board: Board, file: str, constants: str = "") -> FlasherArgs:
    """What writes ``file``, firmware without ESP-IDF, in words that all versions of esptool know.

    ``constants``: the file of those that are not part of it. Raises ConfigError if the board has no
    [flash] esptool.
    """
    settings = board.flash.esptool
    if settings is None:
        raise ConfigError(
            f'{board.id}: flash.method "esptool" needs a table of its own in [flash]',
            'e.g. esptool = { chip = "esp32c3", image_at = 0x0 }',
        )
    files = {f"{settings.image_at:#x}": file}
    if constants:
        files[f"{board.peripherals[esp_image.CONSTANTS]:#x}"] = constants
    return FlasherArgs(
        write_flash_args=[],
        flash_files=files,
        extra_esptool_args=Extra(
            chip=settings.chip, before="default_reset", after="hard_reset", stub=True
        ),
    )


def write_bare(elf: Path, board: Board, port: str) -> None:
    """Write firmware without ESP-IDF to the board at ``port``; restart it.

    Raises ConfigError, ToolError or LinkError, each with the next step.
    """
    path = elf.with_suffix(".bin")
    if esp_image.CONSTANTS in board.peripherals:
        args = bare_args(board, path.name, constants="constants.bin")
        _make_image(elf, board, args)
    else:
        args = bare_args(board, path.name)
        write_atomic(path, image.binary(elf)[1])
    _write(args, path.parent, port)


def _make_image(elf: Path, board: Board, args: FlasherArgs) -> None:
    """Write the files that ``args`` names beside the ELF."""
    settings, folder = board.flash.esptool, elf.parent
    assert settings is not None
    code, constants = esp_image.split(elf, board)
    loaded, path = folder / "loaded.elf", folder / args.flash_files[f"{settings.image_at:#x}"]
    write_atomic(loaded, code)
    command = esp_image.argv(program(args), settings.chip, loaded, path)
    done = tool.run(command, check=False)
    if done.returncode != 0:
        raise explain(_kept(folder, done), str(elf), folder / LOG)
    room = board.peripherals[esp_image.CONSTANTS] - settings.image_at
    if path.stat().st_size > room:
        raise CheckFailed(
            f"{path}: {path.stat().st_size:,} bytes, and its constants begin after {room:,}",
            f"raise peripherals.{esp_image.CONSTANTS} in the board's file",
        )
    write_atomic(folder / "constants.bin", constants)


def _write(args: FlasherArgs, folder: Path, port: str) -> None:
    done = tool.run(argv(program(args), args, folder, port), timeout_s=_LIMIT_S, check=False)
    if done.returncode != 0:
        raise explain(_kept(folder, done), port, folder / LOG)


def _kept(folder: Path, done: tool.Completed) -> str:
    """What esptool has printed, once it is in ``folder``, too."""
    log = done.stdout + done.stderr
    write_atomic(folder / LOG, log)
    return log


def _is_5(args: FlasherArgs) -> bool:
    """Whether the build is for esptool 5, which spells options with hyphens."""
    return "--flash-mode" in args.write_flash_args


def _with_chip(name: str) -> list[str]:
    """Boards with the chip that esptool calls ``name``, e.g. ESP32-S3."""
    target = name.lower().replace("-", "")
    return [board.id for board in boards.every() if target in _chips(board)]


def _chips(board: Board) -> list[str]:
    return [
        *([board.esp.target] if board.esp else []),
        *([board.flash.esptool.chip] if board.flash.esptool else []),
    ]


def explain(log: str, port: str, kept: Path) -> TinyedgeError:
    """Return the error that fits what esptool printed, all of which is in the file ``kept``."""
    wrong = re.search(r"This chip is ([\w-]+),? not ([\w-]+)", log)
    if wrong is not None:
        fitting = " or ".join(f"BOARD={name}" for name in _with_chip(wrong[1]))
        return LinkError(
            f"{port} has an {wrong[1]}, and the firmware is for an {wrong[2]}",
            f"choose the board that fits: {fitting}"
            if fitting
            else f"no board has that chip yet; plug in one with an {wrong[2]}",
        )
    for pattern, message, hint in _FAILURES:
        if re.search(pattern, log):
            return LinkError(f"{port}: {message}", hint)
    tail = "\n".join(log.strip().splitlines()[-20:])
    return ToolError(f"esptool failed:\n{tail}", f"all of it is in {kept}; or {_BOOT}")


_BOOT = "hold the BOOT button while flashing starts (and press EN once), then try again"
# What esptool prints -> what it means and what to do; the first that fits.
_FAILURES = (
    (
        r"Permission denied|Errno 13",
        "no permission to open the port",
        'add yourself to its group ("sudo usermod -aG dialout $USER") and log in again',
    ),
    (
        r"No such file|Errno 2\b|FileNotFoundError",
        "there is no such port any more",
        "plug the board in again, and choose the port with PORT=",
    ),
    (
        r"port is busy|Errno 16|Errno 11|Access is denied|multiple access on port|exclusively lock",
        "the port is in use by another program",
        "close the monitor or session that holds it, then try again",
    ),
    (r"Wrong boot mode", "the chip did not enter download mode", _BOOT),
    (
        r"Download mode successfully detected, but getting no sync reply",
        "the chip is in download mode and does not hear the host",
        "check the TX line and the USB cable",
    ),
    (
        r"No serial data received|Failed to connect",
        "no chip answers, so download mode was not reached",
        f"check that it is the board's port and a data cable; {_BOOT}",
    ),
    (
        r"serial exception|device disconnected|device reports readiness|timeout.*write",
        "the connection broke while flashing",
        "check cable and power, then flash again",
    ),
)
