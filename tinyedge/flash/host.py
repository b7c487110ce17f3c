"""The board "host": the firmware is a program of this computer."""

from __future__ import annotations

import sys
from pathlib import Path

IDLE_S = 3600
"""A device that is left running ends by itself when no one has spoken to it for so long."""


def argv(elf: Path) -> list[str]:
    """What runs the firmware: itself, or for a .tflite the official wheel's interpreter."""
    if elf.suffix == ".tflite":
        return [sys.executable, "-m", "tinyedge.flash.tflm_host", str(elf.resolve())]
    return [str(elf.resolve())]


def environment(descriptor: int) -> dict[str, str]:
    """What tells it to serve the listening socket ``descriptor``."""
    return {"TE_LISTEN": f"fd:{descriptor}", "TE_IDLE_S": str(IDLE_S)}
