"""What a board has for a model, and what firmware takes of it besides, estimated before a build."""

from __future__ import annotations

from tinyedge import inspection
from tinyedge.board import Board
from tinyedge.compile.code_size import REST
from tinyedge.compile.options import Optimize

#: core -> bytes of code that its compiler makes of the same C beyond code_size's figures for a
#: Cortex-M4; measured with Debian 12's compilers on five networks, rounded up
_MORE_CODE = {
    "cortex-m0": 1_400,
    "cortex-m0plus": 1_400,
    "rv32imc": 3_100,
    "rv32imac": 3_100,
    "xtensa-lx6": 7_200,
    "xtensa-lx7": 7_200,
}
_MARGIN = 200  # what single builds for Cortex-M differ by
_IDF = 200_000  # about what ESP-IDF's own code takes


def flash_needed(board: Board, constants: int, code: int, optimize: Optimize) -> int:
    """Bytes of program memory of an aot firmware: constants, the runtime's code and the rest."""
    system = _IDF if board.esp else 0
    more = _MORE_CODE.get(board.cpu.core, 0) + _MARGIN
    return constants + code + REST[optimize] + more + system


def ram_needed(board: Board, arena: int) -> int:
    """Bytes of RAM of an aot firmware: arena, state, stack and system."""
    return inspection.needs(board, "aot", 0, arena).ram


def for_arena(board: Board) -> int:
    """The largest arena that the board's RAM has room for; 0 or less: none."""
    return board.memory.ram.bytes - ram_needed(board, 0)
