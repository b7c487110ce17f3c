"""Which cells are worth having, and a matrix that goes on where it was."""

import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
from click.testing import CliRunner

from tests.support import made_up
from tests.support.tools import CHECKOUT, need
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.report import pareto
from tinyedge.results import MatrixCell, MatrixReport, Spread
from tinyedge.workflow.matrix import labelled_vectors, with_pareto

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"


def _cell(ticks: float, flash: int, accuracy: float | None = None, board: str = "b") -> MatrixCell:
    bench = msgspec.structs.replace(
        made_up.bench(),
        ticks=Spread(median=ticks, min=ticks, max=ticks),
        flash_total_bytes=flash,
        ram_static_bytes=100,
    )
    return MatrixCell(
        model="m",
        board=board,
        runtime="aot",
        problem="",
        bench=bench,
        accuracy=accuracy,
        pareto=False,
    )


def test_a_cell_that_another_beats_is_not_worth_having() -> None:
    failed = msgspec.structs.replace(_cell(1, 1), bench=None, problem="does not fit")
    cells = [_cell(100, 50), _cell(90, 60), _cell(110, 50), _cell(100, 50), failed]
    assert [cell.pareto for cell in with_pareto(cells)] == [True, True, False, True, False]


def test_accuracy_counts_and_boards_do_not_compete() -> None:
    cells = [
        _cell(100, 50, 0.8),
        _cell(200, 60, 0.9),
        _cell(300, 70, 0.85),
        _cell(900, 90, 0.1, "c"),
    ]
    found = with_pareto(cells)
    assert [cell.pareto for cell in found] == [True, True, False, True]
    assert pareto.draw(found).startswith(b"\x89PNG")


def test_models_compete_only_where_their_accuracies_are_known() -> None:
    other = msgspec.structs.replace(_cell(10, 10), model="another task")
    assert [cell.pareto for cell in with_pareto([_cell(100, 50), other])] == [True, True]
    rival = msgspec.structs.replace(_cell(10, 10, 0.9), model="same task")
    assert [cell.pareto for cell in with_pareto([_cell(100, 50, 0.8), rival])] == [False, True]


def test_labels_beside_a_model_are_found(tmp_path: Path) -> None:
    model = tmp_path / "net.tflite"
    model.touch()
    assert labelled_vectors(model) is None
    np.savez(tmp_path / "vectors.npz", inputs=np.zeros(1))
    assert labelled_vectors(model) is None
    np.savez(tmp_path / "vectors.npz", inputs=np.zeros(1), labels=np.zeros(1))
    assert labelled_vectors(model) == tmp_path / "vectors.npz"
    (tmp_path / "other.tflite").touch()
    assert labelled_vectors(model) is None
    (tmp_path / "net.npz").write_bytes(b"damaged")
    np.savez(tmp_path / "net.vectors.npz", labels=np.zeros(1))
    assert labelled_vectors(model) == tmp_path / "net.vectors.npz"


def _run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    argv = ["matrix", "--models", str(DIGITS), "--boards", "host", "--boards", "esp32"]
    argv += ["--samples", "2", "--workspace", str(folder), "--json", str(folder / "m.json"), *more]
    return subprocess.run(
        [sys.executable, "-m", "tinyedge", *argv],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin"},  # without ESP-IDF
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_cell_that_fails_does_not_stop_the_others_and_nothing_is_done_twice(
    tmp_path: Path,
) -> None:
    need("gcc", "make")
    done = _run(tmp_path)
    assert done.returncode == 1, done.stderr
    host, esp = results.read(tmp_path / "m.json", MatrixReport).cells
    assert host.bench is not None
    assert (host.problem, host.pareto, esp.bench) == ("", True, None)
    assert esp.problem in " ".join(done.stdout.split())
    assert (tmp_path / "matrix.png").is_file()
    assert host.accuracy is not None  # the golden vectors beside the model have labels
    other = ["build", str(DIGITS), "--board", "host", "--optimize", "size"]
    assert CliRunner().invoke(cli, [*other, "--workspace", str(tmp_path)]).exit_code == 0
    _run(tmp_path)
    again = results.read(tmp_path / "m.json", MatrixReport).cells[0]
    assert (again.bench, again.accuracy) == (host.bench, host.accuracy)
    (proof,) = (tmp_path / "matrix").glob("*/validate-2-*.json")
    proof.unlink()
    _run(tmp_path)
    assert proof.is_file()  # that alone was done again
    assert results.read(tmp_path / "m.json", MatrixReport).cells[0].bench == host.bench
    assert _run(tmp_path, "--again").returncode == 1
    assert results.read(tmp_path / "m.json", MatrixReport).cells[0].bench != host.bench
