"""``python -m tests.baseline``: counts against the committed ones; exit code 1 if one has grown.

With ``--write`` they become the committed ones. The networks of this folder and the project's own
models are always counted; the MLPerf Tiny models too, where they are found. On a Cortex-M4 layer by
layer, for speed and for size; on the boards of ``boards.py`` as a whole, for speed.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import msgspec

from tests.baseline import boards as others
from tests.baseline.networks import NETWORKS
from tests.support.tools import CHECKOUT, find_shared_models
from tinyedge import board as boards
from tinyedge import results
from tinyedge.cli import _console, bench_anchors, compare
from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.results import AnchorsReport, ModelCounts
from tinyedge.results.compare import compare as compared
from tinyedge.workspace import Workspace, write_atomic, write_if_changed

BASELINE = Path(__file__).parent / "baseline.json"
SAMPLES = 2


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.baseline", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the counts the committed ones")
    parser.add_argument("--limit", type=float, default=compare.LIMIT_PERCENT, metavar="PERCENT")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "build" / "baseline")
    parser.add_argument("--json", type=Path, help="write what moved to this file, too")
    parser.add_argument(
        "--board",
        action="append",
        choices=[bench_anchors.BOARD, *others.BOARDS],
        metavar="ID",
        help="count on this board alone; may be given again. Default: on all",
    )
    options = parser.parse_args(arguments)
    carried, found = _carried(options.folder / "models"), _found()
    run = partial(_run_board, options=options, carried=carried, found=found)
    chosen = options.board or [bench_anchors.BOARD, *others.BOARDS]
    if len(chosen) == 1:
        return run(chosen[0])
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return max(pool.map(run, chosen))


def _run_board(
    board: str, options: argparse.Namespace, carried: list[Path], found: list[Path]
) -> int:
    """Count on one board; the exit code. No board waits for another."""
    limit = options.limit / 100
    try:
        if board == bench_anchors.BOARD:
            paths = [*carried, *found]
            return _run(options.write, limit, options.folder, options.json, paths)
        workspace = Workspace(options.folder)
        counts = others.measure(board, carried, found, workspace)
        return _judge_other(board, counts, options.write, limit)
    except TinyedgeError as error:
        sys.stderr.write(f"{board}: {error}\n")
        return error.exit_code


def _run(write: bool, limit: float, folder: Path, json_path: Path | None, paths: list[Path]) -> int:
    base = _committed(write)
    found = measure(paths, Workspace(folder))
    results.write(folder / "counts.json", found)
    wrong = [one.model for one in found.models if one.mismatches]
    if wrong:
        sys.stderr.write(f"answers differ from the reference: {', '.join(wrong)}\n")
        return 1
    if write:
        write_atomic(BASELINE, encode(_with_absent(found, base)))
        return 0
    away = _absent(base, found)
    here = tuple(one for one in base.models if one not in away)
    report = compared(msgspec.structs.replace(base, models=here), found, limit)
    compare.show(report)
    if json_path is not None:
        results.write(json_path, report)
    unknown = _unknown(base, found)
    if unknown:
        sys.stderr.write(f'not in the baseline: {", ".join(unknown)}; "make bench-baseline"\n')
        return 1
    compare.require(report)
    return 0


def _judge_other(board: str, found: tuple[others.Count, ...], write: bool, limit: float) -> int:
    """The exit code of one board of ``boards.py``."""
    wrong = [one.model for one in found if one.mismatches]
    if wrong:
        sys.stderr.write(f"{board}: answers differ from the reference: {', '.join(wrong)}\n")
        return 1
    if write:
        others.write(board, found)
        return 0
    report = others.compare(board, found, limit)
    compare.show(report)
    if unknown := others.unknown(board, found):
        sys.stderr.write(f'not in the baseline: {", ".join(unknown)}; "make bench-baseline"\n')
        return 1
    compare.require(report)
    return 0


def _committed(write: bool) -> AnchorsReport:
    """The baseline; where it is to be written, one of another layout counts as empty."""
    try:
        return results.read(BASELINE, AnchorsReport)
    except ConfigError:
        if not write:
            raise
        return AnchorsReport(board="", compiler="", tflm_source="", models=(), held=True)


def measure(paths: Sequence[Path], workspace: Workspace) -> AnchorsReport:
    return bench_anchors.measure(
        [str(path) for path in paths],
        boards.load(bench_anchors.BOARD),
        bench_anchors.OPTIMIZE,
        SAMPLES,
        workspace,
    )


def _carried(folder: Path) -> list[Path]:
    """Models that every checkout has."""
    paths = sorted((CHECKOUT / "models").glob("*/golden/*.tflite"))
    for name, write in NETWORKS.items():
        paths.append(folder / f"{name}.tflite")
        write_if_changed(paths[-1], write())
    return paths


def _found() -> list[Path]:
    """Models that this machine may have."""
    folder = find_shared_models()
    if folder is None:
        _console.note("without the MLPerf Tiny models: TINYEDGE_MODELS names no folder with them")
        return []
    return sorted(folder.glob("*.tflite"))


def _with_absent(found: AnchorsReport, base: AnchorsReport) -> AnchorsReport:
    """Keep what is known of the MLPerf Tiny models where this machine does not have them."""
    return msgspec.structs.replace(found, models=(*found.models, *_absent(base, found)))


def _absent(base: AnchorsReport, found: AnchorsReport) -> list[ModelCounts]:
    """The MLPerf Tiny models of ``base`` that this machine does not have."""
    names = {one.model for one in found.models}
    return [one for one in base.models if one.tflm is not None and one.model not in names]


def _unknown(base: AnchorsReport, found: AnchorsReport) -> list[str]:
    known = {_key(one) for one in base.models}
    return [f"{one.model}, {one.optimize}" for one in found.models if _key(one) not in known]


def _key(one: ModelCounts) -> tuple[str, str, str]:
    return one.model, one.sha256, one.optimize


def encode(report: AnchorsReport) -> str:
    """JSON with a line a step, so that a change can be read where it is reviewed."""
    plain = msgspec.to_builtins(report)
    models = plain.pop("models")
    lines = ["{", *(f'"{key}": {_json(value)},' for key, value in plain.items()), '"models": [']
    for number, model in enumerate(models):
        steps = model.pop("steps")
        lines += [f"{_json(model)[:-1]},", '"steps": [']
        lines += [f"  {_json(step)}{',' if step is not steps[-1] else ''}" for step in steps]
        lines += [f"]}}{',' if number < len(models) - 1 else ''}"]
    return "\n".join([*lines, "]", "}", ""])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.exit(main())
