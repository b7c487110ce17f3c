"""Everything of a firmware folder: {relative path: text}."""

from __future__ import annotations

import re

from tinyedge.board import Board
from tinyedge.compile.options import Optimize
from tinyedge.compile.plan import Plan
from tinyedge.emit import aot, board_files, esp_idf, tflm
from tinyedge.graph.types import Graph


def render(
    graph: Graph,
    plan: Plan | None,
    board: Board,
    runtime: str,
    tflite: bytes,
    *,
    optimize: Optimize = "speed",
) -> dict[str, str | bytes]:
    """Return the whole folder for ``board``; ``plan`` is needed by the runtime ``aot`` alone.

    ``optimize``: what the C compiler aims at.

    Same arguments, same bytes. Raises ConfigError for a board without a port and ModelError for
    what the runtime cannot express.
    """
    if runtime == "tflm" and board.port == "host":
        # There the official wheel's interpreter runs the file itself.
        return {f"model/{re.sub(r'[^A-Za-z0-9._-]', '-', graph.name)}.tflite": tflite}
    files: dict[str, str | bytes] = {
        **board_files.files(board, optimize if runtime == "aot" else "speed")
    }
    if runtime == "aot":
        assert plan is not None
        files |= aot.render(graph, plan, tflite)
    else:
        files |= tflm.render(graph, board, tflite)
    if esp_idf.is_project(board):
        return files | esp_idf.files(board, runtime, files, optimize)
    arch = tflm.makefile_arch(board) if runtime == "tflm" else ""
    return files | {"Makefile": board_files.makefile(board, files, arch, optimize)}
