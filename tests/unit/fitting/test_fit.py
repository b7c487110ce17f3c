"""``tinyedge fit``: what it writes keeps the limits, what it refuses says why."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.support.data import needs_data, needs_package
from tests.support.networks import own, small
from tinyedge import board as boards
from tinyedge import recipe, results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.fitting import candidate as candidates
from tinyedge.fitting import estimate, fit, room
from tinyedge.fitting.candidate import Candidate
from tinyedge.fitting.estimate import Estimator, Figures, Needs
from tinyedge.fitting.history import History
from tinyedge.results import FitReport
from tinyedge.workflow import fits, pipeline

SHORT = ["--max-width", "0.375", "--max-depth", "2"]  # on digits: four channels, or eight


def _fit(folder: Path, *arguments: str, board: str = "netduinoplus2") -> Result:
    where = ["--workspace", str(folder / "build"), "--json", str(folder / "fit.json")]
    given = ["fit", "digits-cnn", "--board", board, "--output", str(folder / "out.toml")]
    return CliRunner().invoke(cli, [*given, *arguments, *where])


def _estimator(board: str, folder: Path, name: str = "digits-cnn") -> Estimator:
    history = History(folder / "fit.jsonl", Figures)
    return Estimator(pipeline.resolve(name), boards.load(board), history)


def test_the_largest_within_the_limits_becomes_a_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_package("tensorflow")
    budget = 35_000
    done = _fit(tmp_path, *SHORT, "--latency-ticks", str(budget))
    assert done.exit_code == 0, done.output
    report = results.read(tmp_path / "fit.json", FitReport)
    assert report.chosen is not None
    chosen = report.trials[report.chosen]
    assert chosen.latency is not None
    assert chosen.latency <= budget
    assert not chosen.exceeds
    assert report.limits.latency_unit == "instructions"
    assert "ms" not in done.output.split()  # instructions are no time
    assert {"latency", ""} <= {trial.exceeds for trial in report.trials}
    assert chosen.macs == max(trial.macs for trial in report.trials if not trial.exceeds)

    written = recipe.read(tmp_path / "out.toml")
    assert written.network.parameters["width"] == chosen.width
    assert written.network.parameters["convs"] == chosen.depth
    assert written.data == recipe.load("digits-cnn").data
    loaded = pipeline.sketch(pipeline.resolve(str(written.path)))
    (board,) = fits.examine(loaded, [boards.load("netduinoplus2")], None).boards
    assert board.fits
    assert loaded.graph.macs == chosen.macs

    assert "is there already" in str(_fit(tmp_path, *SHORT).exception)
    monkeypatch.setattr(estimate.pipeline, "sketch", _never)  # all of it is known
    again = _fit(tmp_path, *SHORT, "--latency-ticks", str(budget), "--force")
    assert again.exit_code == 0, again.output
    assert results.read(tmp_path / "fit.json", FitReport) == report


def _never(_model: object) -> None:
    raise AssertionError("it was planned before")


def test_nothing_that_fits_says_what_the_smallest_breaks(tmp_path: Path) -> None:
    needs_package("tensorflow")
    done = _fit(tmp_path, "--max-width", "0.0625", "--max-depth", "1", "--latency-ticks", "10")
    assert isinstance(done.exception, CheckFailed)
    assert "the smallest breaks: latency" in str(done.exception)
    assert not (tmp_path / "out.toml").exists()
    assert not results.read(tmp_path / "fit.json", FitReport).held


@pytest.mark.parametrize(
    ("board", "given", "message"),
    [
        ("netduinoplus2", ["--latency-ms", "5"], "its ticks are instructions"),
        ("host", ["--latency-ticks", "5"], "no model of the cycles of host"),
        ("esp32", ["--latency-ms", "5"], "no model of the cycles of xtensa-lx6"),
        ("netduinoplus2", ["--latency-ms", "5", "--latency-ticks", "5"], "are one limit"),
        ("netduinoplus2", ["--max-width", "0.01"], "no width that small"),
    ],
)
def test_what_says_nothing_is_refused(
    tmp_path: Path, board: str, given: list[str], message: str
) -> None:
    done = _fit(tmp_path, *given, board=board)
    assert isinstance(done.exception, ConfigError)
    assert message in done.exception.message


def test_a_network_that_is_there_already_has_one_size(tmp_path: Path) -> None:
    (tmp_path / "x.tflite").write_bytes(b"")
    with pytest.raises(ConfigError, match="its network is trained, and has one size"):
        pipeline.resolve_recipe(str(tmp_path / "x.tflite"))


def test_milliseconds_become_estimated_cycles_of_the_board_s_clock(tmp_path: Path) -> None:
    limits = fit.limits(_estimator("nucleo-f446re", tmp_path), ms=2.0)
    assert (limits.latency, limits.latency_unit) == (360_000, "cycles")


def test_each_limit_that_is_broken_is_named(tmp_path: Path) -> None:
    limits = fit.limits(_estimator("qemu-microbit", tmp_path), ticks=100)
    needs = Needs(macs=1, flash=262_145, arena=9, ram=16_385, latency=101.0)
    assert fit.exceeds(needs, limits) == "flash, RAM, latency"
    assert fit.exceeds(Needs(1, 262_144, 9, 16_384, 100.0), limits) == ""
    assert fit.exceeds(Needs(1, 0, None, None, None, problem="too small"), limits) == "too small"


def test_more_weights_than_flash_are_not_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_package("tensorflow")
    monkeypatch.setattr(estimate.pipeline, "sketch", _never)
    estimator = _estimator("qemu-microbit", tmp_path)
    wide = candidates.applied(recipe.load("digits-cnn"), Candidate(16.0, 1))
    needs = estimator.needs(wide)
    assert needs.flash > 262_144
    assert fit.exceeds(needs, fit.limits(estimator)) == "flash"


def test_a_network_that_needs_the_compiler_s_limit_gets_it_in_its_recipe(tmp_path: Path) -> None:
    needs_package("tensorflow")
    board = boards.load("netduinoplus2")
    memory = msgspec.structs.replace(
        board.memory,
        ram=msgspec.structs.replace(board.memory.ram, size=(4 << 10) + (2 << 10) + 640),
    )
    given = _estimator(board.id, tmp_path)
    tight = Estimator(given.model, msgspec.structs.replace(board, memory=memory), given.history)
    base = recipe.load("digits-cnn")
    free, squeezed = given.figures(base), tight.figures(base)
    assert not free.squeezed
    assert free.arena_bytes > room.for_arena(tight.board) >= squeezed.arena_bytes
    assert squeezed.squeezed


def test_input_sizes_keep_proportions_and_are_even(tmp_path: Path) -> None:
    base = recipe.load("digits-cnn")
    data = msgspec.structs.replace(base.data, size=(48, 32))
    axes = candidates.axes(msgspec.structs.replace(base, data=data))
    assert axes.sizes() == ((48, 32), (42, 28), (36, 24), (30, 20), (24, 16), (18, 12), (12, 8))
    assert axes.sizes(24)[0] == (24, 16)
    assert candidates.axes(base).sizes() == ((8, 8),)


def test_a_function_of_the_user_s_may_have_a_width(tmp_path: Path) -> None:
    needs_data("digits")
    given = own(tmp_path)
    known = candidates.axes(msgspec.structs.replace(given, data=_fixed(given)))
    assert known.width is None
    assert known.depth is None
    with pytest.raises(ConfigError, match="nothing of this recipe's network can vary"):
        fit.space(known, Candidate(), None)
    nets = tmp_path / "nets.py"
    nets.write_text(nets.read_text().replace("units=4", "units=4, width=0.5"))
    known = candidates.axes(given)
    assert known.width is not None
    assert candidates.own(given, known) == Candidate(width=0.5, size=(8, 8))
    applied = candidates.applied(given, Candidate(width=0.25))
    assert applied.network.parameters == {"width": 0.25}


def _fixed(given: recipe.Recipe) -> recipe.Data:
    return recipe.Data(source="wav", path=str(given.path.parent), classes=("a", "b"))


def test_an_axis_that_a_network_lacks_is_refused() -> None:
    known = candidates.axes(small("lenet5"))
    with pytest.raises(ConfigError, match=r"--max-depth has no use.* no depth"):
        fit.space(known, Candidate(depth=2), None)
