"""Everything of a firmware folder: {relative path: text}."""

from __future__ import annotations

from tinyedge.board import Board
from tinyedge.compile.plan import Plan
from tinyedge.emit import aot, board_files, tflm
from tinyedge.graph.types import Graph


def render(
    graph: Graph, plan: Plan | None, board: Board, runtime: str, tflite: bytes
) -> dict[str, str | bytes]:
    """Return the whole folder for ``board``; ``plan`` is needed by the runtime ``aot`` alone.

    Same arguments, same bytes. Raises ConfigError for a board without a port and ModelError for
    what the runtime cannot express.
    """
    files: dict[str, str | bytes] = {**board_files.files(board)}
    if runtime == "aot":
        assert plan is not None
        files |= aot.render(graph, plan, tflite)
    else:
        files |= tflm.render(graph, board, tflite)
    return files | {"Makefile": board_files.makefile(board, files)}
