"""``tinyedge search`` on digits: what fits is trained and judged, what does not is not."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.data import needs_data, needs_package
from tinyedge import recipe, results
from tinyedge.cli import cli, search
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import SearchReport
from tinyedge.workflow import pipeline

RANGES = """
[search]
width = [0.0625, 3.0]
epochs = [1, 2]
learning_rate = [0.005, 0.02]
seed = 4
"""
BUDGET = "60000"  # instructions: the first trial needs more


def _recipe(folder: Path, ranges: str = RANGES) -> Path:
    path = folder / "recipe.toml"
    path.write_text(recipe.load("digits-cnn").path.read_text() + ranges)
    return path


def _search(path: Path, *arguments: str) -> SearchReport:
    out = path.parent / "search.json"
    where = ["--workspace", str(path.parent / "build"), "--json", str(out)]
    given = ["search", str(path), "--latency-ticks", BUDGET, *arguments, *where]
    done = CliRunner().invoke(cli, given)
    if done.exception is not None:
        raise done.exception
    return results.read(out, SearchReport)


def _never(*_: object) -> None:
    raise AssertionError("it was trained before")


def test_what_fits_is_judged_and_what_does_not_is_not_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_package("optuna")
    needs_package("tensorflow")
    needs_data("digits")
    path = _recipe(tmp_path)
    report = _search(path, "--trials", "3")
    assert [trial.number for trial in report.trials] == [0, 1, 2]
    assert {trial.state for trial in report.trials} == {"complete", "pruned"}
    folder = tmp_path / "build" / "digits-cnn" / "search"
    for trial in report.trials:
        assert trial.latency is not None
        fits = trial.latency <= int(BUDGET)
        assert trial.state == ("complete" if fits else "pruned")
        assert trial.exceeds == ("" if fits else "latency")
        assert (folder / f"trial-{trial.number:04}").exists() == fits
        assert (trial.accuracy is not None) == fits
    assert any(trial.pareto for trial in report.trials)
    assert Path(report.picture).read_bytes().startswith(b"\x89PNG")

    best = next(trial for trial in report.trials if trial.pareto)
    written = recipe.read(Path(best.recipe))
    assert written.search is None
    assert written.network.parameters["width"] == best.parameters["width"]
    assert written.training.epochs == best.parameters["epochs"]
    graph = pipeline.sketch(pipeline.resolve(best.recipe)).graph
    assert graph.macs > 0

    monkeypatch.setattr(search, "train", _never)
    assert _search(path, "--trials", "3") == report


def test_ranges_must_be_there(tmp_path: Path) -> None:
    needs_package("optuna")
    with pytest.raises(ConfigError, match="says nothing that varies"):
        _search(_recipe(tmp_path, ranges=""))


def test_a_search_in_which_nothing_fits_falls_short(tmp_path: Path) -> None:
    needs_package("optuna")
    needs_package("tensorflow")
    path = _recipe(tmp_path, "[search]\nwidth = [2.875, 3.0]\n")
    with pytest.raises(CheckFailed, match="no trial fits netduinoplus2"):
        _search(path, "--trials", "1")
    report = results.read(tmp_path / "search.json", SearchReport)
    assert not report.held
    assert not report.picture
