"""Whole compiled models on emulated boards: every byte as the reference's."""

from pathlib import Path

import pytest

from tests.support.tools import CHECKOUT, need, shared_models
from tinyedge import board as boards
from tinyedge.flash import qemu
from tinyedge.results import BenchReport, ValidateReport
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace

BOARDS = [name for name in boards.available() if boards.load(name).flash.method == "qemu"]
LARGE = ("qemu-mps2-an500", "qemu-mps2-an505", "qemu-mps3-an547", "qemu-riscv32", "qemu-xtensa")
DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"


def _run(path: Path, name: str, folder: Path) -> tuple[ValidateReport, BenchReport]:
    board = boards.load(name)
    need("make", board.build.toolchain, qemu.program(board), "setpriv")
    workspace = Workspace(folder)
    loaded = pipeline.load(pipeline.resolve(str(path)), workspace)
    built = devices.build(pipeline.generate(loaded, board, "aot", workspace))
    quiet = {"progress": lambda _done, _total: None, "on_log": lambda _text: None}
    with devices.device(built, None) as url:
        proof = devices.validate(built, url, count=4, vectors=None, **quiet)
        timed = devices.bench(built, url, runs=2, **quiet)
    return proof, timed


@pytest.mark.parametrize("name", BOARDS)
def test_a_small_model_answers_as_the_reference(name: str, tmp_path: Path) -> None:
    proof, timed = _run(DIGITS, name, tmp_path)
    assert (proof.samples, proof.mismatches) == (4, 0)
    assert timed.tick_unit == "instructions"
    # Loops of multiply-accumulates: neither no work, nor that of another clock.
    assert 0.3 < timed.ticks.median / timed.macs < 60


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("model", ["kws", "ad"])
def test_a_large_model_answers_as_the_reference(model: str, name: str, tmp_path: Path) -> None:
    path = shared_models() / f"{model}.tflite"
    proof, _ = _run(path, name, tmp_path)
    assert (proof.samples, proof.mismatches) == (4, 0)
