"""``tinyedge train`` and ``tinyedge quantize``: tables, JSON, exit codes, Ctrl-C."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import Trained
from tests.support.tools import CHECKOUT
from tests.support.training import short_recipe
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed
from tinyedge.results import QuantizeReport, TrainReport
from tinyedge.workspace import write_stamp


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_train_and_quantize_print_and_write_their_figures(trained: Trained, tmp_path: Path) -> None:
    where = ("--workspace", trained.workspace.root)
    out = tmp_path / "out.json"
    shown = _run("train", trained.recipe.path, *where, "--json", out)
    assert results.read(out, TrainReport) == trained.report
    assert f"{trained.report.test_accuracy * 100:.2f} %" in shown
    assert "nothing that it depends on has changed" in shown
    shown = _run("quantize", trained.recipe.path, *where, "--json", out)
    report = results.read(out, QuantizeReport)
    assert f"{report.int8_accuracy * 100:.2f} %" in shown
    assert f"{report.tflite_bytes:,} bytes" in shown
    assert "held" in shown


def test_too_great_a_drop_is_exit_code_1_with_the_json_written(
    trained: Trained, tmp_path: Path
) -> None:
    """The kept float accuracy is raised by hand, so that int8 has something to lose."""
    strict = short_recipe(tmp_path)
    shutil.copytree(trained.workspace.root, tmp_path / "build")
    folder = tmp_path / "build" / "digits-cnn"
    report = json.loads((folder / "train.json").read_text())
    report["test_accuracy"] = 1.0
    (folder / "train.json").write_text(json.dumps(report))
    _vouch_again(folder)
    out = tmp_path / "out.json"
    options = ["--force", "--workspace", str(tmp_path / "build"), "--json", str(out)]
    done = CliRunner().invoke(cli, ["quantize", str(strict.path), *options])
    assert isinstance(done.exception, CheckFailed)
    assert done.exception.exit_code == 1
    assert not results.read(out, QuantizeReport).held


def _vouch_again(folder: Path) -> None:
    stamp = folder / "train.stamp"
    kept = json.loads(stamp.read_text())
    write_stamp(stamp, kept["key"], [folder / name for name in kept["files"]])


@pytest.mark.parametrize("verb", ["train", "quantize"])
def test_a_recipe_that_does_not_exist_is_exit_code_2(verb: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tinyedge", verb, "digit-cnn"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert 'did you mean "digits-cnn"?' in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_without_a_traceback_and_keeps_whole_epochs(
    trained: Trained, tmp_path: Path
) -> None:
    path = short_recipe(tmp_path, **{"epochs = 12": "epochs = 400"}).path
    checkpoint = tmp_path / "build" / "digits-cnn" / "checkpoint.npz"
    run = subprocess.Popen(
        [sys.executable, "-m", "tinyedge", "train", path, "--workspace", tmp_path / "build"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 200
        while not checkpoint.is_file() and run.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=200)
    finally:
        run.kill()
    assert run.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    left = {path.name for path in checkpoint.parent.iterdir()}
    assert left == {"checkpoint.npz", ".lock"}  # the lock's file, which nobody holds any more
