"""The stages before a verb's own work, with their progress shown."""

from __future__ import annotations

from tinyedge import board as boards
from tinyedge import pipeline
from tinyedge.cli import _console, train
from tinyedge.pipeline import Firmware, Loaded
from tinyedge.workspace import Workspace


def load(argument: str, workspace: Workspace, runtime: str) -> Loaded:
    """MODEL -> Loaded; trains and quantizes a recipe whose things have changed."""
    model = pipeline.resolve(argument)
    return pipeline.load(model, workspace, runtime, _console.progress, train.run)


def generate(argument: str, board_id: str, runtime: str, workspace: Workspace) -> Firmware:
    """MODEL -> its firmware folder for the board. A wrong board is refused before any work."""
    board = boards.load(board_id)
    return pipeline.generate(load(argument, workspace, runtime), board, runtime, workspace)
