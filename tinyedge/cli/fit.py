"""``tinyedge fit``: the largest width, depth and input of a recipe's network for a board."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tinyedge import board as boards
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    Finite,
    board_option,
    compile_options,
    json_option,
    latency_options,
    save,
    workspace_option,
)
from tinyedge.errors import CheckFailed
from tinyedge.fitting import candidate as candidates
from tinyedge.fitting import fit, outcome
from tinyedge.fitting.candidate import Candidate
from tinyedge.fitting.estimate import Estimator, Figures
from tinyedge.fitting.history import HISTORY, History
from tinyedge.recipe import Compile
from tinyedge.recipe import text as recipe_file
from tinyedge.results import FitLimits, FitReport
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace


@click.command(
    epilog=by_example(
        (
            "tinyedge fit fashion-cnn --board qemu-microbit",
            "what a Cortex-M0 with 16 KB of RAM has room for",
        ),
        (
            "tinyedge fit mine.toml --latency-ticks 200000 --max-depth 1",
            "no more than so many instructions an inference",
        ),
        (
            "tinyedge fit fashion-cnn --board nucleo-f446re --latency-ms 50 --output mine.toml",
            "a budget in time, for a board whose ticks are cycles",
        ),
    )
)
@click.argument("recipe", metavar="RECIPE")
@board_option
@latency_options
@click.option(
    "--runtime",
    type=click.Choice(["aot"]),
    default="aot",
    show_default=True,
    help="What is planned before training: the runtime that is compiled ahead of time.",
)
@click.option(
    "--max-width",
    type=Finite(min=0, min_open=True),
    help="Widest to try (default: the architecture's).",
)
@click.option("--max-depth", type=int, help="Deepest to try (default: the architecture's).")
@click.option(
    "--max-size",
    type=click.IntRange(min=candidates.LEAST_SIDE),
    help="Pixels of the input's longer side (default: the recipe's).",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Recipe to write (default: RECIPE-BOARD.toml in this folder).",
)
@click.option("--force", is_flag=True, help="Replace --output if it is there already.")
@compile_options
@workspace_option
@json_option
def command(
    *,
    recipe: str,
    board: str,
    latency_ms: float | None,
    latency_ticks: int | None,
    runtime: str,  # noqa: ARG001 - one choice, that says what is planned
    max_width: float | None,
    max_depth: int | None,
    max_size: int | None,
    output: Path | None,
    force: bool,
    given: Compile,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Find the largest width, depth and input size of RECIPE's network that fits a board.

    Nothing is trained: candidates get random weights and are planned as they would be built, until
    flash, RAM or the latency is used up. The one with the most multiply-accumulates is written as a
    new recipe. What was planned once is kept: stopped by Ctrl-C, the next run goes on.
    """
    wanted, loaded = boards.load(board), pipeline.resolve_recipe(recipe, given)
    assert loaded.recipe is not None
    path = output or Path(f"{recipe_file.named(loaded.recipe, wanted.id).name}.toml")
    recipe_file.require(path, loaded.recipe, force)
    history = History(workspace.model(loaded.name) / HISTORY, Figures)
    estimator, known = Estimator(loaded, wanted, history), candidates.axes(loaded.recipe)
    limits = fit.limits(estimator, ms=latency_ms, ticks=latency_ticks)
    space = fit.space(known, Candidate(max_width, max_depth), max_size)
    search = fit.Search(loaded.recipe, estimator, limits, known, space)
    with _console.progress(f"fit {loaded.name} to {wanted.id}") as advance:
        report = search.run(advance)
    _console.show(_trials(report), _limits(report))
    if report.chosen is None:
        save(json_path, report)
        raise CheckFailed(
            f"{loaded.name}: nothing that was tried fits {wanted.id}", _nearest(report)
        )
    outcome.write(path, search, report, force=force)
    report = msgspec.structs.replace(report, output=str(path))
    _found(report, board)
    save(json_path, report)


def _trials(report: FitReport) -> object:
    columns = [f">{name}" for name in outcome.COLUMNS]
    columns += [f">{report.limits.latency_unit}", ""]
    title = f"Networks of {report.model} on {report.board}, as planned"
    return _console.table(title, columns, [outcome.row(trial) for trial in report.trials])


def _limits(report: FitReport) -> object:
    limits = report.limits
    rows: list[tuple[str, object]] = [("flash", limits.flash), ("RAM", limits.ram)]
    if limits.arena is not None:
        rows.append(("arena", limits.arena))
    rows.append(("latency", _budget(limits)))
    return _console.facts("Limits", rows)


def _budget(limits: FitLimits) -> str:
    if limits.latency is None:
        return "no limit"
    if limits.latency_unit == "instructions":
        return f"{limits.latency:,.0f} instructions, which are no time"
    time = "" if limits.latency_ms is None else f"{limits.latency_ms:g} ms at the board's clock: "
    return f"{time}{limits.latency:,.0f} cycles, estimated by a model not checked on silicon"


def _nearest(report: FitReport) -> str:
    """What the smallest that was tried breaks, and what helps."""
    smallest = min(report.trials, key=lambda trial: trial.macs)
    return (
        f"the smallest breaks: {smallest.exceeds}; start from a recipe with fewer filters, "
        "dense units or blocks, or take another board"
    )


def _found(report: FitReport, board: str) -> None:
    assert report.chosen is not None
    chosen = report.trials[report.chosen]
    width, depth, size, *_ = outcome.row(chosen)
    _console.show(
        f"largest that fits: width {width}, depth {depth}, input {size}; "
        f"{outcome.latency(chosen, report.limits)}"
    )
    _console.path("recipe", report.output)
    _console.command(f"tinyedge validate {report.output} --board {board}")
