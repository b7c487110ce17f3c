"""Boards that the simulator LabWired runs: real boards' firmware, a handful of inferences."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from tinyedge.board import Board
from tinyedge.errors import ToolError


def argv(elf: Path, board: Board) -> list[str]:
    """What runs ``elf`` and serves the socket that TE_LISTEN names."""
    simulator = board.simulator
    assert simulator is not None
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
        ",".join(map(hex, board.windows)),
    ]


def require() -> None:
    """Raise ToolError if LabWired is not installed."""
    if importlib.util.find_spec("labwired") is None:
        raise ToolError(
            "the simulator LabWired is not installed",
            'run pip install "tinyedge[simulator]"',
        )
