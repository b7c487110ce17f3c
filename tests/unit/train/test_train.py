"""Training: the same weights every time, nothing done twice, nothing half-written."""

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Trained
from tests.support.tools import CHECKOUT
from tests.support.training import EPOCHS, STOPPED_AT, Heard, short_recipe
from tinyedge import backend, results
from tinyedge.errors import ToolError
from tinyedge.results import TrainReport
from tinyedge.train import model_path, train
from tinyedge.workspace import Workspace, is_current

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_report_says_what_was_made(trained: Trained) -> None:
    report = trained.report
    assert [epoch.epoch for epoch in report.epochs] == list(range(1, EPOCHS + 1))
    assert report.test_accuracy > 0.8
    assert (report.train_samples, report.validation_samples, report.test_samples) == (
        1258, 180, 359,
    )  # fmt: skip
    # conv 1->8, conv 8->16, dense 64->32, dense 32->10, each with biases
    assert report.parameters == 9 * 8 + 8 + 72 * 16 + 16 + 64 * 32 + 32 + 32 * 10 + 10
    assert Path(report.curves_path).read_bytes().startswith(PNG)
    folder = trained.workspace.model("digits-cnn")
    assert results.read(folder / "train.json", TrainReport) == report
    assert not (folder / "checkpoint.npz").exists()


def test_another_process_gets_the_same_bytes_and_a_quiet_terminal(
    trained: Trained, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinyedge", "train", trained.recipe.path, "--workspace", tmp_path],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Float network" in done.stdout
    assert all(line.startswith("train digits-cnn: ") for line in done.stderr.splitlines())
    other = model_path(trained.recipe, Workspace(tmp_path))
    assert other.read_bytes() == model_path(trained.recipe, trained.workspace).read_bytes()
    curves = other.with_name("curves.png").read_bytes()
    assert curves == Path(trained.report.curves_path).read_bytes()


def test_a_stopped_training_goes_on_to_the_same_bytes(trained: Trained, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    stopped = Heard(stop_after=1)
    with pytest.raises(KeyboardInterrupt):
        train(trained.recipe, workspace, stopped)
    batches = math.ceil(trained.report.train_samples / trained.recipe.training.batch)
    assert stopped.batches == batches + STOPPED_AT  # after that batch: neither within it nor later
    assert not model_path(trained.recipe, workspace).exists()
    rest = Heard()
    report = train(trained.recipe, workspace, rest)
    assert rest.done_before == 1
    assert len(rest.epochs) == EPOCHS - 1
    assert report.epochs == trained.report.epochs
    expected = model_path(trained.recipe, trained.workspace).read_bytes()
    assert model_path(trained.recipe, workspace).read_bytes() == expected


def test_nothing_is_trained_again_while_nothing_changed(trained: Trained) -> None:
    heard = Heard()
    assert train(trained.recipe, trained.workspace, heard) == trained.report
    assert heard.done_before is None


@pytest.mark.parametrize(
    "changes", [{"learning_rate = 0.005": "learning_rate = 0.004"}, {"test = 0.2": "test = 0.21"}]
)
def test_what_changes_the_weights_trains_again(
    trained: Trained, tmp_path: Path, changes: dict[str, str]
) -> None:
    shutil.copytree(trained.workspace.root, tmp_path / "build")
    heard = Heard(stop_after=0)
    with pytest.raises(KeyboardInterrupt):
        train(short_recipe(tmp_path, **changes), Workspace(tmp_path / "build"), heard)
    assert heard.done_before == 0


def test_a_change_of_quantization_trains_nothing(trained: Trained, tmp_path: Path) -> None:
    other = short_recipe(tmp_path, **{"samples = 200": "samples = 100"})
    heard = Heard()
    report = train(other, trained.workspace, heard)
    assert heard.done_before is None
    assert report.recipe_sha256 != trained.report.recipe_sha256


def test_without_tensorflow_the_extra_is_named(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "_PACKAGES", ("tensorflow-that-is-not-there",))
    with pytest.raises(ToolError, match="tensorflow-that-is-not-there") as caught:
        train(trained.recipe, Workspace(tmp_path))
    assert "tinyedge[train]" in caught.value.hint


def test_a_damaged_artefact_is_not_taken_for_a_whole_one(trained: Trained, tmp_path: Path) -> None:
    source = trained.workspace.model("digits-cnn")
    stamp = tmp_path / "train.stamp"
    for path in source.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    key = stamp.read_text().split('"key": "')[1][:64]
    assert is_current(stamp, key)
    model = tmp_path / "model.keras"
    model.write_bytes(model.read_bytes()[:-1])
    assert not is_current(stamp, key)
