"""``python -m tests.fuzz --count 2000``: exit code 1 if any graph answers otherwise than TFLM."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz import batch
from tests.fuzz.case import Failure, draw
from tests.fuzz.shrink import shrink
from tests.support.tools import CHECKOUT
from tinyedge.compile import Optimize
from tinyedge.graph.types import Op

PER_PROGRAM = 50


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=50, help="graphs")
    parser.add_argument("--seed", type=int, default=0, help="of the first graph")
    parser.add_argument("--board", choices=("host", *batch.BOARDS), default="host")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "build" / "fuzz")
    parser.add_argument(
        "--optimize", choices=("speed", "size"), help="for all graphs (default: mixed, C at -O2)"
    )
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + options.count)
    failures = run(options.board, seeds, options.folder, options.optimize)
    return 1 if failures else 0


def run(
    board_id: str, seeds: range, folder: Path, optimize: Optimize | None = None
) -> list[Failure]:
    """Run the graphs of ``seeds``; print and return the failures, shrunk."""
    folder = folder / board_id
    batch.clean(folder)
    where = batch.Batch(folder, batch.target(board_id, optimize))
    start = time.monotonic()
    kinds: Counter[str] = Counter()
    found: list[Failure] = []
    for first in range(seeds.start, seeds.stop, PER_PROGRAM):
        cases = [
            draw(seed, optimize) for seed in range(first, min(first + PER_PROGRAM, seeds.stop))
        ]
        kinds.update(op.kind for case in cases for op in case.graph.ops)
        for failure in where.failures(cases):
            _say(f"{failure.case.name}: {failure.text}\nshrinking ...")
            found.append(shrink(failure, where.failures))
            _describe(found[-1], folder)
        done = min(first + PER_PROGRAM, seeds.stop) - seeds.start
        _say(f"{done} graphs, {len(found)} failures, {time.monotonic() - start:.0f} s")
    _say(", ".join(f"{kind} {count}" for kind, count in kinds.most_common()))
    return found


def _describe(failure: Failure, folder: Path) -> None:
    case = failure.case
    path = folder / f"{case.name}.tflite"
    path.write_bytes(case.tflite)
    _say(f"smallest graph that fails, with {case.options}: {path}\n{failure.text}")
    for op in case.graph.ops:
        _say(f"  {_line(op)}")
    _say("inputs of the first vector:")
    for array in case.inputs[0]:
        _say(f"  {array.reshape(-1)[:64].tolist()}")


def _line(op: Op) -> str:
    hidden = {"index", "inputs", "outputs", "filter", "bias"}
    settings = [f"{k}={v}" for k, v in vars(op).items() if k not in hidden]
    tensors = [
        f"{t.name}{list(t.shape)} {'constant' if t.is_constant else t.quant}" for t in op.inputs
    ]
    output = op.outputs[0]
    return f"{op.kind} {', '.join(tensors)} -> {list(output.shape)} {output.quant} {settings}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
