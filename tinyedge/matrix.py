"""One cell of a matrix of models, runtimes and boards; and which cells are worth having."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tinyedge import board as boards
from tinyedge import devices, pipeline
from tinyedge.errors import TinyedgeError
from tinyedge.lock import exclusive
from tinyedge.results import BenchReport, MatrixCell, ValidateReport
from tinyedge.workspace import Workspace


@dataclass(frozen=True)
class Job:
    """One cell to be: a MODEL argument, a board's id and a runtime."""

    model: str
    board: str
    runtime: str


def measure(job: Job, workspace: Workspace, samples: int, *, again: bool) -> MatrixCell:
    """Build, bench and, where there are labels, validate; what fails is told in the cell.

    What was measured before with the very same firmware is taken from the workspace, unless it is
    to be done ``again``.
    """
    bench = accuracy = None
    problem = ""
    try:
        bench, accuracy = _measure(job, workspace, samples, again)
    except TinyedgeError as error:
        problem = error.message
    return MatrixCell(
        model=pipeline.resolve(job.model).name,
        board=job.board,
        runtime=job.runtime,
        problem=problem,
        bench=bench,
        accuracy=accuracy,
        pareto=False,
    )


def _measure(
    job: Job, workspace: Workspace, samples: int, again: bool
) -> tuple[BenchReport, float | None]:
    board = boards.load(job.board)
    loaded = pipeline.load(pipeline.resolve(job.model), workspace, job.runtime)
    with exclusive(workspace.target(loaded.model.name, job.runtime, board.id)):
        firmware = pipeline.generate(loaded, board, job.runtime, workspace)
        pipeline.require_room(firmware, [board])
        built = devices.build(firmware)
    labelled = loaded.model.recipe is not None
    bench = None if again else devices.last(built, "bench.json", BenchReport)
    proof = None if again else devices.last(built, "validate.json", ValidateReport)
    if bench is None or (labelled and proof is None):
        with devices.device(built, None) as url:
            bench = devices.bench(built, url, runs=samples, progress=_quiet, on_log=_ignore)
            if labelled:
                proof = devices.validate(
                    built, url, count=samples, vectors=None, progress=_quiet, on_log=_ignore
                )
    return bench, proof.device_accuracy if labelled and proof is not None else None


def with_pareto(cells: Sequence[MatrixCell]) -> tuple[MatrixCell, ...]:
    """Mark the cells that no other of the same board beats."""
    return tuple(
        msgspec.structs.replace(
            cell, pareto=cell.bench is not None and not any(_beats(o, cell) for o in cells)
        )
        for cell in cells
    )


def _beats(other: MatrixCell, cell: MatrixCell) -> bool:
    if other.bench is None or cell.bench is None or other.board != cell.board:
        return False
    if other.model != cell.model and None in (other.accuracy, cell.accuracy):
        return False  # they may be for other tasks
    pairs = list(zip(_costs(other), _costs(cell), strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _costs(cell: MatrixCell) -> tuple[float, ...]:
    """What should be small. An accuracy that is not known counts as none."""
    assert cell.bench is not None
    bench = cell.bench
    size = (bench.flash_total_bytes, bench.ram_static_bytes)
    return (bench.ticks.median, *size, -(cell.accuracy or 0.0))


def _quiet(_done: int, _total: int) -> None:
    pass


def _ignore(_text: str) -> None:
    pass
