"""Boards that the simulator LabWired runs: real boards' firmware, a handful of inferences."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from tinyedge.board import Board
from tinyedge.errors import ConfigError, ToolError

PORT = "simulated"
"""What stands for the serial port of a board that is simulated."""


def argv(elf: Path, board: Board) -> list[str]:
    """What runs ``elf`` and serves the socket that TE_LISTEN names.

    Raises ConfigError if nothing simulates the board.
    """
    simulator = board.simulator
    if simulator is None:
        raise ConfigError(
            f"{board.id}: no simulator runs this board",
            'connect it and name its port; "tinyedge boards" says which boards are simulated',
        )
    interrupt = "" if simulator.interrupt is None else str(simulator.interrupt)
    module = "tinyedge.flash.labwired_host"
    return [
        sys.executable,
        "-m",
        module,
        str(elf.resolve()),
        simulator.chip,
        simulator.uart,
        interrupt,
    ]


def require() -> None:
    """Raise ToolError if LabWired is not installed."""
    if importlib.util.find_spec("labwired") is None:
        raise ToolError(
            "the simulator LabWired is not installed",
            'run pip install "tinyedge[simulator]"',
        )
