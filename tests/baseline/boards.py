"""Whole inferences on the emulated boards that have kernels of their own: a file a board.

Here a count is of the whole model, compiled for speed: what the boards' cores have in common. The
steps of one are for ``tinyedge profile`` and ``tinyedge bench-anchors``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from tinyedge import board as boards
from tinyedge.cli import _console
from tinyedge.recipe import Compile
from tinyedge.results import CompareReport
from tinyedge.results.compare import Figure, difference
from tinyedge.samples import random
from tinyedge.workflow import anchors, devices, pipeline
from tinyedge.workspace import Workspace, write_atomic

FOLDER = Path(__file__).parent / "boards"
#: board -> the models to count; None: all
BOARDS: dict[str, frozenset[str] | None] = {
    "qemu-mps2-m0": None,
    "qemu-mps3-an547": None,
    "qemu-riscv32": None,
    "qemu-xtensa": None,
}


class Count(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model on one board. ``bundled``: every checkout has the model."""

    model: str
    sha256: str
    bundled: bool
    instructions: int
    arena_bytes: int
    flash_runtime_bytes: int
    flash_weights_bytes: int
    mismatches: int


def committed(board: str) -> tuple[Count, ...]:
    """The board's counts; none if there are none yet."""
    path = FOLDER / f"{board}.json"
    if not path.exists():
        return ()
    return msgspec.json.decode(path.read_bytes(), type=tuple[Count, ...])


def measure(
    board: str, carried: Sequence[Path], found: Sequence[Path], workspace: Workspace
) -> tuple[Count, ...]:
    """Build and run every model that the board is to count, once."""
    chosen = BOARDS[board]
    paths = [path for path in (*carried, *found) if chosen is None or path.stem in chosen]
    counts = []
    with _console.progress(f"count on {board}") as advance:
        for done, path in enumerate(paths):
            advance(done, len(paths), path.stem)
            counts.append(_count(board, path, path in carried, workspace))
        advance(len(paths), len(paths))
    return tuple(counts)


def _count(board: str, path: Path, bundled: bool, workspace: Workspace) -> Count:
    loaded = pipeline.load(pipeline.resolve(str(path), Compile(optimize="speed")), workspace)
    built = devices.build(pipeline.generate(loaded, boards.load(board), "aot", workspace))
    (instructions,), mismatches = anchors.answers(built, random(loaded.graph, 1))
    assert built.firmware.plan is not None
    return Count(
        model=built.report.model,
        sha256=built.report.sha256,
        bundled=bundled,
        instructions=instructions,
        arena_bytes=built.firmware.plan.arena_bytes,
        flash_runtime_bytes=built.report.flash_runtime_bytes or 0,
        flash_weights_bytes=built.report.flash_weights_bytes,
        mismatches=mismatches,
    )


def compare(board: str, found: Sequence[Count], limit: float) -> CompareReport:
    """List what moved from the committed counts; instructions must not grow by more than that."""
    absent = _absent(board, found)
    here = [one for one in committed(board) if one not in absent]
    before = dict(_figures(board, here))
    return difference(before, dict(_figures(board, found)), limit)


def _figures(board: str, counts: Sequence[Count]) -> Iterator[tuple[str, Figure]]:
    for one in counts:
        name = f"{one.model} ({one.sha256[:8]}) on {board}"
        yield f"{name}: instructions", Figure.exact(one.instructions)
        for what in ("arena_bytes", "flash_runtime_bytes", "flash_weights_bytes", "mismatches"):
            yield f"{name}: {what}", Figure.exact(getattr(one, what))


def unknown(board: str, found: Sequence[Count]) -> list[str]:
    """Models that were counted and have no committed count."""
    known = {(one.model, one.sha256) for one in committed(board)}
    return [f"{one.model} on {board}" for one in found if (one.model, one.sha256) not in known]


def write(board: str, found: Sequence[Count]) -> None:
    """Commit the counts, and keep those of models that this machine does not have."""
    write_atomic(FOLDER / f"{board}.json", encode((*found, *_absent(board, found))))


def _absent(board: str, found: Sequence[Count]) -> list[Count]:
    """Committed counts of models that this machine does not have, and need not."""
    names = {one.model for one in found}
    return [one for one in committed(board) if not one.bundled and one.model not in names]


def encode(counts: Sequence[Count]) -> str:
    """JSON with a line a model."""
    return "[\n" + ",\n".join(msgspec.json.encode(one).decode() for one in counts) + "\n]\n"
