"""``tinyedge search``: sizes and settings of a recipe, drawn by Optuna, trained and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tinyedge import board as boards
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    board_option,
    compile_options,
    json_option,
    latency_options,
    save,
    workspace_option,
)
from tinyedge.errors import CheckFailed, ToolError
from tinyedge.fitting import fit
from tinyedge.fitting.estimate import Estimator, Figures
from tinyedge.fitting.history import HISTORY, History
from tinyedge.recipe import Compile, Recipe
from tinyedge.results import SearchReport, SearchTrial, TrainReport
from tinyedge.train import Progress, train
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace

if TYPE_CHECKING:
    from tinyedge.tuning.search import Job

DATABASE = "search.sqlite"


@click.command(
    epilog=by_example(
        (
            "tinyedge search mine.toml --board qemu-microbit --trials 20",
            "a recipe with a section [search]",
        ),
        (
            "tinyedge search mine.toml --trials 50 --storage sqlite:///all.sqlite --study second",
            "one of several workers that share a study",
        ),
    )
)
@click.argument("recipe", metavar="RECIPE")
@board_option
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Trials of the whole study; a run that goes on adds those that lack.",
)
@latency_options
@click.option(
    "--storage",
    metavar="URL",
    help="Where Optuna keeps the study, for several workers (default: SQLite in --workspace).",
)
@click.option("--study", metavar="NAME", help="Its name there (default: RECIPE-BOARD).")
@compile_options
@workspace_option
@json_option
def command(
    *,
    recipe: str,
    board: str,
    trials: int,
    latency_ms: float | None,
    latency_ticks: int | None,
    storage: str | None,
    study: str | None,
    given: Compile,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Draw what RECIPE's [search] names; train, quantize and plan each; list the best.

    Objectives are int8 accuracy on the validation split, latency, flash and RAM; what does not fit
    the board is pruned before training. Every trial on the Pareto front becomes a recipe. The same
    seed gives the same trials. Stopped or killed, the next run goes on, even amid a training.
    """
    job = _job(recipe, board, given, workspace, (latency_ms, latency_ticks))
    url = storage or f"sqlite:///{_database(job, workspace)}"
    report = _search(job, url, study or f"{job.recipe.name}-{board}", trials)
    _console.show(_table(report))
    for trial in report.trials:
        if trial.recipe:
            _console.path(f"recipe of trial {trial.number}", trial.recipe)
    if report.picture:
        _console.path("picture; filled: no other trial is better in all", report.picture)
    save(json_path, report)
    if not report.held:
        raise CheckFailed(
            f"{report.model}: no trial fits {report.board}",
            "narrow the ranges of [search], or take another board",
        )


def _job(
    recipe: str,
    board: str,
    given: Compile,
    workspace: Workspace,
    latency: tuple[float | None, int | None],
) -> Job:
    _require_optuna()
    from tinyedge.tuning import search, space  # noqa: PLC0415 - Optuna, an extra

    model = pipeline.resolve_recipe(recipe, given)
    assert model.recipe is not None
    ranges, known = space.check(model.recipe)
    history = History(workspace.model(model.name) / HISTORY, Figures)
    estimator = Estimator(model, boards.load(board), history)
    limits = fit.limits(estimator, ms=latency[0], ticks=latency[1])
    return search.Job(model.recipe, ranges, known, estimator, limits, workspace)


def _search(job: Job, url: str, name: str, trials: int) -> SearchReport:
    from tinyedge.tuning import search, study  # noqa: PLC0415

    opened = study.open_study(url, name, job.key, job.search.seed)
    with _console.progress(f"search {job.recipe.name}") as advance:
        shown = _Shown(advance)

        def trainer(recipe: Recipe, workspace: Workspace) -> TrainReport:
            return train(recipe, workspace, shown)

        search.run(job, opened, trials, trainer, shown.done)
    return search.report(job, opened, url)


def _require_optuna() -> None:
    try:
        import optuna  # noqa: F401, PLC0415
    except ImportError as error:
        raise ToolError(
            f"a search needs {error.name}, which is not installed",
            'run pip install "tinyedge[train]"',
        ) from error


def _database(job: Job, workspace: Workspace) -> Path:
    path = (workspace.model(job.recipe.name) / DATABASE).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


class _Shown(Progress):
    """Progress over the trials that this run has to do, with a word on the training under way."""

    def __init__(self, advance: _console.Advance) -> None:
        self._advance = advance
        self._before: int | None = None
        self._done, self._total, self._epochs = 0, 0, 0

    def done(self, done: int, total: int) -> None:
        """``done`` of the study's trials are done."""
        if self._before is None:
            self._before = done
        self._done, self._total = done - self._before, max(total - self._before, 0)
        text = f"trial {done + 1} of {total}" if done < total else ""
        self._advance(self._done, self._total, text)

    def started(self, epochs: int, batches: int, done: int) -> None:  # noqa: ARG002
        self._epochs = epochs

    def batch(self, epoch: int, batch: int, loss: float, accuracy: float) -> None:  # noqa: ARG002
        number = self._done + (self._before or 0) + 1
        text = f"trial {number}, epoch {epoch} of {self._epochs}, {_console.percent(accuracy)}"
        self._advance(self._done, self._total, text)


def _table(report: SearchReport) -> object:
    names = list(dict.fromkeys(name for trial in report.trials for name in trial.parameters))
    columns = [">trial", *(f">{name}" for name in names)]
    columns += [">accuracy", f">{report.limits.latency_unit}", ">flash", ">RAM", ">"]
    title = f"Trials of {report.model} on {report.board}: int8 on the validation split, as planned"
    return _console.table(title, columns, [_row(trial, names) for trial in report.trials])


def _row(trial: SearchTrial, names: list[str]) -> tuple[object, ...]:
    latency = "-" if trial.latency is None else f"{trial.latency:,.0f}"
    outcome = {"complete": "Pareto" if trial.pareto else "", "running": "is running"}
    return (
        trial.number,
        *(_drawn(trial.parameters.get(name)) for name in names),
        _console.percent(trial.accuracy),
        latency,
        trial.flash,
        trial.ram,
        outcome.get(trial.state, f"exceeds {trial.exceeds}"),
    )


def _drawn(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "-" if value is None else str(value)
