"""What the objective changes in the files that do not depend on the model."""

import pytest

from tinyedge import board as boards
from tinyedge.emit import board_files

BOARDS = {"netduinoplus2": "-Os -fno-", "qemu-riscv32": "-Os -fno-", "qemu-xtensa": "-Os\n"}


@pytest.mark.parametrize("board_id", [*BOARDS, "host"])
def test_for_size_all_c_is_compiled_for_size(board_id: str) -> None:
    board = boards.load(board_id)
    level = BOARDS.get(board_id, "-Os -fno-")
    paths = board_files.files(board, "size")
    assert f"OPT     ?= {level}" in board_files.makefile(board, paths, optimize="size")
    assert "OPT     ?= -O2\n" in board_files.makefile(board, paths)


@pytest.mark.parametrize("board_id", BOARDS)
def test_bare_metal_has_small_memory_functions(board_id: str) -> None:
    board = boards.load(board_id)
    assert "port/memory.c" in board_files.files(board, "size")
    assert "port/memory.c" not in board_files.files(boards.load("host"), "size")
    assert "port/memory.c" not in board_files.files(boards.load("netduinoplus2"))
