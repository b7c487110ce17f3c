"""What a board has for a model, and what firmware takes of it besides, estimated before a build."""

from __future__ import annotations

from tinyedge import inspection
from tinyedge.board import Board
from tinyedge.compile.code_size import MORE, REST
from tinyedge.compile.options import Optimize

_MARGIN = 200  # what single builds for Cortex-M differ by
_IDF = 200_000  # about what ESP-IDF's own code takes


def flash_needed(board: Board, constants: int, code: int, optimize: Optimize) -> int:
    """Bytes of program memory of an aot firmware: constants, the runtime's code and the rest."""
    system = _IDF if board.esp else 0
    more = MORE.get(board.cpu.core, 0) + _MARGIN
    return constants + code + REST[optimize] + more + system


def ram_needed(board: Board, arena: int) -> int:
    """Bytes of RAM of an aot firmware: arena, state, stack and system."""
    return inspection.needs(board, "aot", 0, arena).ram


def for_arena(board: Board) -> int:
    """The largest arena that the board's RAM has room for; 0 or less: none."""
    return board.memory.ram.bytes - ram_needed(board, 0)
