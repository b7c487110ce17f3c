"""Builds an ESP-IDF project with idf.py, and says what to do where that fails."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tinyedge import tool
from tinyedge.board import Board
from tinyedge.errors import CheckFailed, ToolError
from tinyedge.workspace import write_atomic

OLDEST = (5, 1)
"""The oldest release that espressif/esp-tflite-micro works with."""

LOG = "idf.log"
"""In the output folder: all that a build which failed has printed."""

_PROGRAM = "idf.py"
_LIMIT_S = 3600.0  # a first build compiles all of ESP-IDF
_VERSION = re.compile(r"v(\d+)\.(\d+)")
_RAM_OVERFLOW = re.compile(r"region `(\w+)' overflowed by (\d+) bytes")
_FLASH_OVERFLOW = re.compile(r"overflow (0x[0-9a-fA-F]+)")


def version_argv() -> list[str]:
    """Return what prints ESP-IDF's version."""
    return [_PROGRAM, "--version"]


def build_argv(folder: Path, out: Path, target: str, observe: bool = False) -> list[str]:
    """Return what builds the project in ``folder`` for the chip ``target``, all in ``out``."""
    return [
        _PROGRAM,
        "-C",
        str(folder),
        "-B",
        str(out),
        "-D",
        f"IDF_TARGET={target}",
        "-D",
        f"SDKCONFIG={out / 'sdkconfig'}",
        *(["-D", "OBSERVE=1"] if observe else []),
        "build",
    ]


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Without what would choose another chip or other options; messages in English."""
    dropped = {"IDF_TARGET", "SDKCONFIG", "SDKCONFIG_DEFAULTS", "LANGUAGE"}
    # idf.py refuses to work where the locale is not UTF-8.
    return {**{k: v for k, v in given.items() if k not in dropped}, "LC_ALL": "C.UTF-8"}


def build(folder: Path, out: Path, board: Board, observe: bool = False) -> Path:
    """Build the project in ``folder``; return the ELF, beside which flasher_args.json lies.

    Raises ToolError where ESP-IDF is missing, too old or fails, and CheckFailed, with the number
    of bytes, where the firmware does not fit.
    """
    assert board.esp is not None
    check_version()
    _forget_old_options(folder / "sdkconfig.defaults", out / "sdkconfig")
    argv = build_argv(folder.resolve(), out.resolve(), board.esp.target, observe)
    done = tool.run(argv, env=environment(os.environ), timeout_s=_LIMIT_S, check=False)
    if done.returncode != 0:
        log = done.stdout + done.stderr
        write_atomic(out / LOG, log)
        raise _explain(board, log, done.returncode, out / LOG)
    return out / "firmware.elf"


def require() -> None:
    """Raise ToolError if ESP-IDF is not active in this shell. Starts nothing."""
    wanted = ".".join(map(str, OLDEST))
    try:
        tool.require(_PROGRAM)
    except ToolError as error:
        raise ToolError(
            "ESP-IDF is not active in this shell: idf.py is not on the PATH",
            f"install ESP-IDF {wanted} or newer (https://docs.espressif.com/projects/esp-idf/), "
            'then run ". <its folder>/export.sh" in this shell',
        ) from error


def check_version() -> tuple[int, int]:
    """Return ESP-IDF's release, e.g. (5, 3). Raises ToolError if it is missing or too old."""
    require()
    wanted = ".".join(map(str, OLDEST))
    text = tool.run(version_argv(), timeout_s=60.0).stdout
    found = _VERSION.search(text)
    if found is None:
        raise ToolError(
            f'"idf.py --version" printed no version: {text.strip()!r}',
            "check the ESP-IDF installation with its install.sh",
        )
    release = int(found[1]), int(found[2])
    if release < OLDEST:
        raise ToolError(
            f"ESP-IDF {release[0]}.{release[1]} is too old; {wanted} or newer is needed",
            "install a newer release and run its export.sh in this shell",
        )
    return release


def _forget_old_options(defaults: Path, options: Path) -> None:
    """ESP-IDF reads its defaults only where there are no options yet."""
    if options.is_file() and options.stat().st_mtime < defaults.stat().st_mtime:
        options.unlink()


def _explain(board: Board, log: str, code: int, kept: Path) -> CheckFailed | ToolError:
    """The error that fits what idf.py printed, all of which is in the file ``kept``."""
    ram = _RAM_OVERFLOW.search(log)
    if ram is not None:
        return CheckFailed(
            f"the firmware does not fit {board.id}: {int(ram[2]):,} bytes too many in {ram[1]}",
            "choose a smaller model, or a board with more RAM",
        )
    flash = _FLASH_OVERFLOW.search(log)
    if flash is not None:
        return CheckFailed(
            f"the firmware does not fit {board.id}: {int(flash[1], 16):,} bytes too many in flash",
            "choose a smaller model, or a board with more flash",
        )
    if "components.espressif.com" in log or "component registry" in log.lower():
        return ToolError(
            "ESP-IDF could not download espressif/esp-tflite-micro",
            "the first build needs a network connection; try again with one",
        )
    tail = "\n".join(log.strip().splitlines()[-30:])
    return ToolError(
        f"idf.py failed with exit code {code}:\n{tail}", f"correct that; all of it is in {kept}"
    )
