"""Compiles rendered firmware and measures what it takes of the board's memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tinyedge import tool
from tinyedge.board import Board
from tinyedge.build import idf, make


@dataclass(frozen=True)
class Artifact:
    """Firmware that has been built: its ELF and linker map, and the folder that holds them.

    Where the host runs the model with the official wheel's interpreter, nothing is compiled and
    both are the .tflite.
    """

    elf: Path
    map: Path
    out: Path


def require(board: Board, runtime: str) -> None:
    """Raise ToolError if what compiles for ``board`` is missing: before minutes of other work."""
    if board.build.toolchain == "esp-idf":
        idf.require()
    elif (runtime, board.port) != ("tflm", "host"):  # there the official wheel runs the model
        tool.require(board.build.toolchain)


def build(
    folder: Path, board: Board, sanitize: tuple[str, ...] = (), observe: bool = False
) -> Artifact:
    """Build the firmware in ``folder``; what is made goes to ``out`` beside it.

    ``sanitize``: e.g. ("address", "undefined"), for the host alone. ``observe``: the firmware times
    each layer. Raises ToolError if a tool is missing or fails, CheckFailed if the firmware does not
    fit the board's memory.
    """
    out = folder.parent / "-".join(("out", *sanitize, *(("observe",) if observe else ())))
    models = sorted((folder / "model").glob("*.tflite"))
    if models:
        out.mkdir(exist_ok=True)
        return Artifact(models[0], models[0], out)
    if board.build.toolchain == "esp-idf":
        elf = idf.build(folder, out, board, observe)
    else:
        elf = make.build(folder, out, board, sanitize, observe)
    return Artifact(elf, elf.with_suffix(".map"), out)
