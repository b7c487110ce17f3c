"""Boards whose boot ROM or bootloader shows a drive: a UF2 file copied there goes to flash."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tinyedge.board import Board
from tinyedge.board.tables import Uf2
from tinyedge.errors import ConfigError, ToolError
from tinyedge.flash import image

_MOUNTS = Path("/proc/self/mounts")
_VOLUMES = Path("/Volumes")  # macOS
_INFO = "INFO_UF2.TXT"
_BOOT_ROMS = ("RPI-RP2", "RP2350")  # Raspberry Pi's


def write(elf: Path, board: Board) -> None:
    """Copy the firmware to the drive of the board. Raises what :func:`require` does."""
    settings, folder = require(board)
    data = image.uf2(*image.binary(elf), settings.family)
    try:
        with (folder / "firmware.uf2").open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        # The board restarts with the last block, and its drive is gone before all is closed.
        if (folder / _INFO).exists():
            raise ToolError(
                f"{folder}: {error.strerror}",
                "mount the drive so that you may write to it, or run this as a user who may",
            ) from error


def require(board: Board) -> tuple[Uf2, Path]:
    """What the board's file says of its drive, and where that is mounted.

    Raises ToolError, with the next step, if it is not, and ConfigError if the board has no [flash]
    uf2.
    """
    settings = board.flash.uf2
    if settings is None:
        raise ConfigError(
            f'{board.id}: flash.method "uf2" needs a table of its own in [flash]',
            'e.g. uf2 = { family = 0xe48b_ff56, volume = "RPI-RP2" }',
        )
    return settings, drive(settings, mounted())


def drive(wanted: Uf2, places: list[Path]) -> Path:
    """Return the one of ``places`` that the wanted boot ROM shows. Raises ToolError."""
    found = {}
    for place in places:
        name = _board_id(place)
        if name:
            found[place] = name
    fitting = [place for place, name in found.items() if name.startswith(wanted.volume)]
    label = wanted.label or wanted.volume
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(map(str, fitting))
        raise ToolError(f"several boards show a drive {label}: {names}", "unplug the others")
    others = ", ".join(f"{place} ({name})" for place, name in found.items())
    raise ToolError(
        f"no drive {label} is mounted" + (f"; there is {others}" if others else ""),
        f"{_how(wanted)}; where no desktop does it, mount the drive: "
        f"udisksctl mount -b /dev/disk/by-label/{label}",
    )


def is_boot_rom(drive: Uf2) -> bool:
    """Whether a chip's own boot ROM shows the drive, which picotool knows, too."""
    return drive.volume in _BOOT_ROMS


def _how(wanted: Uf2) -> str:
    if is_boot_rom(wanted):
        return "hold BOOTSEL while you plug the board in"
    return "press the board's reset button twice, quickly"


def mounted() -> list[Path]:
    """Where file systems are mounted."""
    if _MOUNTS.is_file():
        fields = [line.split(" ")[1] for line in _MOUNTS.read_text().splitlines()]
        # Blanks and the like are written as three octal digits.
        return [Path(re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), at)) for at in fields]
    return sorted(_VOLUMES.iterdir()) if _VOLUMES.is_dir() else []


def _board_id(folder: Path) -> str:
    """Board-ID of a boot ROM's drive; "" for any other folder."""
    try:
        text = (folder / _INFO).read_text(errors="replace")
    except OSError:
        return ""
    found = re.search(r"^Board-ID:\s*(\S+)", text, re.MULTILINE)
    return found[1] if found else ""
