"""``python -m tests.kills --count 200``: exit code 1 unless each next run left the same bytes."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kills.stage import Stage
from tests.support import tiny_model
from tests.support.training import short_recipe

BUILDS = 10  # of which one is a training, which takes as long as they all


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=5, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        failed = run(Path(folder), options.count, random.Random(options.seed))
    sys.stdout.write(f"{options.count} kills, {failed} of which were not made good\n")
    return 1 if failed else 0


def run(folder: Path, count: int, rng: random.Random) -> int:
    """Kill trainings with quantization, and builds; return how many were not made good."""
    stages = {name: Stage(argv, _new(folder / name)) for name, argv in _arguments(folder).items()}
    known = {name: stage.undisturbed() for name, stage in stages.items()}
    failed = 0
    for number in range(count):
        name = "quantize" if number % BUILDS == 0 else "build"
        changes, whole = known[name]
        at = rng.randint(1, changes)
        good = stages[name].killed_and_repeated(at) == whole
        failed += not good
        sys.stdout.write(f"{name} at {at} of {changes}: {'good' if good else 'DIFFERS'}\n")
        sys.stdout.flush()
    return failed


def _arguments(folder: Path) -> dict[str, tuple[str, ...]]:
    model = str(tiny_model.write(folder / "x.tflite"))
    recipe = str(short_recipe(folder).path)
    return {"quantize": ("quantize", recipe), "build": ("build", model, "--board", "host")}


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
