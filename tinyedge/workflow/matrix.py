"""One cell of a matrix of models, runtimes and boards; and which cells are worth having."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tinyedge import board as boards
from tinyedge import results
from tinyedge.errors import TinyedgeError
from tinyedge.lock import exclusive
from tinyedge.results import BenchReport, MatrixCell, ValidateReport
from tinyedge.workflow import devices, fits, pipeline
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workspace import Workspace, sha256

KEPT = "matrix"
"""In the workspace: a folder for each firmware, by its hash, with what was measured."""


@dataclass(frozen=True)
class Job:
    """One cell to be: a MODEL argument, a board's id and a runtime."""

    model: str
    board: str
    runtime: str


def measure(job: Job, workspace: Workspace, samples: int, *, again: bool) -> MatrixCell:
    """Build, bench and, where there are labels, validate; what fails is told in the cell.

    What was measured before with the very same firmware is taken from the workspace, unless it is
    to be done ``again``: each of both, whatever was built since.
    """
    bench = accuracy = None
    problem = ""
    try:
        bench, accuracy = _measure(job, workspace, samples, again)
    except TinyedgeError as error:
        problem = error.sentence
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
        fits.require_room(firmware)
        built = devices.build(firmware)
    vectors = labelled_vectors(loaded.model.tflite) if loaded.model.tflite else None
    kept = workspace.root / KEPT / built.report.elf_sha256
    timed = kept / f"bench-{samples}.json"
    proved = kept / f"validate-{samples}-{_labels(loaded, vectors)}.json"
    bench = None if again else results.earlier(timed, BenchReport)
    proof = None if again else results.earlier(proved, ValidateReport)
    labelled = loaded.model.recipe is not None or vectors is not None
    if bench is None or (labelled and proof is None):
        with devices.device(built, None) as url:
            if bench is None:
                bench = devices.bench(built, url, runs=samples, progress=_quiet, on_log=_ignore)
                results.write(timed, bench)
            if labelled and proof is None:
                proof = devices.validate(
                    built, url, count=samples, vectors=vectors, progress=_quiet, on_log=_ignore
                )
                results.write(proved, proof)
    return bench, proof.device_accuracy if labelled and proof is not None else None


def labelled_vectors(tflite: Path) -> Path | None:
    """An .npz beside a model that holds labels: MODEL.npz, MODEL.vectors.npz, or the folder's one.

    vectors.npz is the folder's, where the model is alone in it.
    """
    names = [f"{tflite.stem}.npz", f"{tflite.stem}.vectors.npz"]
    if list(tflite.parent.glob("*.tflite")) == [tflite]:
        names.append("vectors.npz")
    for name in names:
        try:
            with zipfile.ZipFile(tflite.parent / name) as archive:
                if "labels.npy" in archive.namelist():
                    return tflite.parent / name
        except (OSError, zipfile.BadZipFile):
            continue
    return None


def _labels(loaded: Loaded, vectors: Path | None) -> str:
    """What tells one set of labelled samples from another."""
    if vectors is not None:
        return sha256(vectors.read_bytes())[:16]
    return loaded.trained.dataset_sha256[:16] if loaded.trained else "none"


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
