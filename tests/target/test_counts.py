"""Instructions by step, counted in the emulator's log, against the board's own timer."""

from pathlib import Path

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.errors import ConfigError
from tinyedge.recipe import Compile
from tinyedge.results import ModelCounts
from tinyedge.trace.run import require_counts
from tinyedge.workflow import anchors, devices, pipeline
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
BOARDS = [
    board.id
    for board in map(boards.load, boards.available())
    if board.flash.method == "qemu" and board.cpu.core.startswith("cortex-m")
]


def _branches() -> bytes:
    """Many operands of a CONCATENATION: te_aot_run lists their addresses itself."""
    model = ModelWriter()
    x = model.input((1, 4, 4, 8), scale=0.05)
    weights = np.random.default_rng(3).integers(-127, 128, (8, 1, 1, 8)).astype(np.int8)
    parts = [
        model.conv2d(
            x,
            weights=weights,
            bias=None,
            weight_scales=[0.01 + 0.001 * i],
            scale=0.05,
            zero_point=0,
        )
        for i in range(9)
    ]
    return model.finish(model.concatenation(parts, axis=3))


def _counts(path: Path, board_id: str, folder: Path, optimize: str = "speed") -> ModelCounts:
    need("arm-none-eabi-gcc", "qemu-system-arm")
    workspace, board = Workspace(folder), boards.load(board_id)
    loaded = pipeline.load(pipeline.resolve(str(path), Compile(optimize=optimize)), workspace)
    built = devices.build(pipeline.generate(loaded, board, "aot", workspace))
    return anchors.measure(built, samples=2)


@pytest.mark.parametrize("board", BOARDS)
def test_steps_and_what_is_around_them_make_up_the_whole(board: str, tmp_path: Path) -> None:
    other = tmp_path / "branches.tflite"
    other.write_bytes(_branches())
    first, second = (_counts(path, board, tmp_path) for path in (DIGITS, other))
    assert (first.mismatches, second.mismatches) == (0, 0)
    # To call the runtime and to read the timer takes the same whatever the model does.
    assert first.outside_instructions == second.outside_instructions
    assert 0 < first.outside_instructions < 50
    for found in (first, second):
        assert sum(step.instructions for step in found.steps) == found.traced_instructions
        assert all(0 < step.loads < step.cycles for step in found.steps)
    assert [step.macs for step in second.steps if step.macs] == [4 * 4 * 8 * 8] * 9


def test_what_layers_copy_and_fill_is_theirs(tmp_path: Path) -> None:
    found = _counts(DIGITS, "qemu-mps2-an386", tmp_path, optimize="size")  # with memset
    assert 0 < found.outside_instructions < 50


def test_boards_without_an_emulator_cannot_be_counted() -> None:
    with pytest.raises(ConfigError, match="host: instructions are counted on emulated boards"):
        require_counts(boards.load("host"))
