"""``tinyedge matrix``: many models on many boards, with either runtime or both."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import DEFAULT_BOARD, json_option, save, workspace_option
from tinyedge.errors import CheckFailed
from tinyedge.recipe import Compile
from tinyedge.report import pareto
from tinyedge.results import MatrixCell, MatrixReport
from tinyedge.workflow import matrix as matrices
from tinyedge.workflow import pipeline
from tinyedge.workflow.matrix import Job
from tinyedge.workspace import Workspace, write_atomic

SAMPLES = 20
RUNTIMES = ("aot", "tflm")


@click.command(
    epilog=by_example(
        (
            "tinyedge matrix --models a.tflite --models b.tflite --boards host --boards pico",
            "two models on two boards",
        ),
    )
)
@click.option("--models", multiple=True, required=True, metavar="MODEL", help="May be given again.")
@click.option(
    "--boards",
    "board_ids",
    multiple=True,
    default=(DEFAULT_BOARD,),
    show_default=True,
    metavar="ID",
    help="May be given again.",
)
@click.option(
    "--runtimes",
    type=click.Choice(RUNTIMES),
    multiple=True,
    default=("aot",),
    show_default=True,
    help="May be given again.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=SAMPLES,
    show_default=True,
    help="Inputs that each cell is checked and timed with.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Cells at a time (default: processors).")
@click.option("--again", is_flag=True, help="Measure what was measured before, too.")
@workspace_option
@json_option
def command(
    *,
    models: tuple[str, ...],
    board_ids: tuple[str, ...],
    runtimes: tuple[str, ...],
    samples: int,
    jobs: int | None,
    again: bool,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Build and measure every model on every board with each of --runtimes, several at a time.

    What was measured with the very same firmware is not measured again, so that a matrix that was
    stopped goes on where it was. A cell that cannot be measured says why; the others go on. The
    accuracy is over a recipe's test split, or an .npz with labels beside a .tflite (MODEL.npz,
    MODEL.vectors.npz, or vectors.npz of a folder with one model).
    """
    for board_id in board_ids:
        boards.load(board_id)
    for model in models:
        if pipeline.resolve(model).recipe is not None:
            _stages.load(model, workspace, "tflm", Compile())  # train once, before they all need it
    wanted = [Job(*job) for job in itertools.product(models, board_ids, runtimes)]
    cells = measure(wanted, workspace, samples, jobs=jobs, again=again)
    picture = _draw(cells, workspace)
    held = not any(cell.problem for cell in cells)
    report = MatrixReport(cells=cells, picture=picture, held=held)
    show(report)
    save(json_path, report)
    if not held:
        raise CheckFailed(
            "some cells could not be measured: see below the table",
            "correct what is said there and run it again: what was measured is kept",
        )


def measure(
    wanted: Sequence[Job], workspace: Workspace, samples: int, *, jobs: int | None, again: bool
) -> tuple[MatrixCell, ...]:
    """The cells in the order of ``wanted``; with a progress bar."""
    found: dict[int, MatrixCell] = {}
    with (
        _console.progress("matrix") as advance,
        ProcessPoolExecutor(jobs or os.cpu_count()) as pool,
    ):
        started = {
            pool.submit(matrices.measure, job, workspace, samples, again=again): number
            for number, job in enumerate(wanted)
        }
        for future in as_completed(started):
            cell = found[started[future]] = future.result()
            advance(len(found), len(wanted), f"{cell.model} {cell.runtime} on {cell.board}")
    return matrices.with_pareto([found[number] for number in range(len(wanted))])


def _draw(cells: tuple[MatrixCell, ...], workspace: Workspace) -> str:
    if not any(cell.bench for cell in cells):
        return ""
    path = workspace.root / "matrix.png"
    write_atomic(path, pareto.draw(cells))
    return str(path)


def show(report: MatrixReport) -> None:
    """Print a row a cell, then what went wrong."""
    columns = ["model", "board", "runtime", ">an inference", ">arena", ">RAM", ">flash"]
    columns += [">accuracy", ">"]
    _console.show(_console.table("Matrix", columns, [_row(cell) for cell in report.cells]))
    for cell in report.cells:
        if cell.problem:
            _console.show(f"{cell.model} {cell.runtime} on {cell.board}: {cell.problem}")
    if report.picture:
        _console.path("picture; filled: no other of its board is better in all", report.picture)


def _row(cell: MatrixCell) -> tuple[object, ...]:
    bench = cell.bench
    if bench is None:
        return (cell.model, cell.board, cell.runtime, *["-"] * 5, "FAILED")
    return (
        cell.model,
        cell.board,
        cell.runtime,
        f"{bench.ticks.median:,.0f} {bench.tick_unit}",
        bench.arena_bytes,
        bench.ram_static_bytes,
        bench.flash_total_bytes,
        _console.percent(cell.accuracy),
        "Pareto" if cell.pareto else "",
    )
