"""``python -m tests.baseline``: counts against the committed ones; exit code 1 if one has grown.

With ``--write`` they become the committed ones. The networks of this folder and the project's own
models are always counted; the MLPerf Tiny models too, where they are found. On a Cortex-M4 layer by
layer, for speed and for size; on the boards of ``boards.py`` as a whole, for speed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tests.baseline import boards as others
from tests.baseline.networks import NETWORKS
from tests.support.tools import CHECKOUT, find_shared_models
from tinyedge import board as boards
from tinyedge import results
from tinyedge.cli import _console, bench_anchors, compare
from tinyedge.compare import compare as compared
from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.results import AnchorsReport, ModelCounts
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
    chosen = options.board or [bench_anchors.BOARD, *others.BOARDS]
    limit = options.limit / 100
    try:
        codes = [
            _run(options.write, limit, options.folder, options.json)
            if board == bench_anchors.BOARD
            else _run_other(board, options.write, limit, options.folder)
            for board in chosen
        ]
        return max(codes)
    except TinyedgeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _run(write: bool, limit: float, folder: Path, json_path: Path | None) -> int:
    base = _committed(write)
    carried = _carried(folder / "models")
    found = measure([*carried, *_found()], Workspace(folder))
    results.write(folder / "counts.json", found)
    wrong = [one.model for one in found.models if one.mismatches]
    if wrong:
        sys.stderr.write(f"answers differ from the reference: {', '.join(wrong)}\n")
        return 1
    if write:
        write_atomic(BASELINE, encode(_with_absent(found, base)))
        return 0
    report = compared(base, found, limit)
    compare.show(report)
    if json_path is not None:
        results.write(json_path, report)
    unknown = _unknown(base, found)
    if unknown:
        sys.stderr.write(f'not in the baseline: {", ".join(unknown)}; "make bench-baseline"\n')
        return 1
    compare.require(report)
    return 0


def _run_other(board: str, write: bool, limit: float, folder: Path) -> int:
    """One board of ``boards.py``."""
    found = others.measure(board, _carried(folder / "models"), _found(), Workspace(folder))
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
    names = {one.model for one in found.models}
    absent = [one for one in base.models if one.tflm is not None and one.model not in names]
    return msgspec.structs.replace(found, models=(*found.models, *absent))


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
