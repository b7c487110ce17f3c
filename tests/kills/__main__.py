"""``python -m tests.kills --count 200``: exit code 1 unless each next run left the same bytes."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.kills.stage import Stage
from tests.support import tiny_model
from tests.support.training import short_recipe

#: of 20 kills, how many each stage gets: a training takes as long as ten builds
SHARES = {
    "train": 1,
    "quantize": 1,
    "generate": 3,
    "build": 6,
    "flash": 3,
    "validate": 2,
    "bench": 2,
    "report": 2,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=5, help="kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stage", action="append", choices=list(SHARES), help="default: all")
    options = parser.parse_args(arguments)
    chosen = [name for name in options.stage or SHARES for _ in range(SHARES[name])]
    with tempfile.TemporaryDirectory() as folder:
        failed = run(Path(folder), chosen, options.count, random.Random(options.seed))
    sys.stdout.write(f"{options.count} kills, {failed} of which were not made good\n")
    return 1 if failed else 0


def run(folder: Path, chosen: Sequence[str], count: int, rng: random.Random) -> int:
    """Kill stage after stage; return how many kills were not made good."""
    every = stages(folder)
    known = {name: every[name].undisturbed() for name in dict.fromkeys(chosen)}
    killed: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for number in range(count):
        name = chosen[number * 7 % len(chosen)]  # the stages in turn, not one after the other
        changes, whole = known[name]
        at = rng.randint(1, changes)
        left = every[name].killed_and_repeated(at)
        killed[name] += 1
        good[name] += left == whole
        sys.stdout.write(f"{name} at {at} of {changes}: {_compared(left, whole)}\n")
        sys.stdout.flush()
    for name in sorted(killed):
        orphans = len(every[name].orphans)
        sys.stdout.write(f"{name}: {killed[name]} kills, {good[name]} good, {orphans} orphans\n")
    return count - good.total()


def _compared(left: dict[str, str], whole: dict[str, str]) -> str:
    names = sorted(name for name in left | whole if left.get(name) != whole.get(name))
    return f"DIFFERS in {', '.join(names)}" if names else "good"


def stages(folder: Path) -> dict[str, Stage]:
    """Each verb that makes files, with a folder of its own below ``folder``."""
    model = str(tiny_model.write(folder / "x.tflite"))
    recipe = str(short_recipe(folder).path)
    host = (model, "--board", "host")
    board = (model, "--board", "netduinoplus2")
    built, trained = (("build", *host),), (("train", recipe),)
    few = ("--samples", "5")

    def stage(name: str, *arguments: str, **more: tuple[object, ...]) -> Stage:
        (folder / name).mkdir()
        return Stage((name, *arguments), folder / name, **more)  # type: ignore[arg-type]

    return {
        "train": stage("train", recipe),
        "quantize": stage("quantize", recipe, before=trained),
        "generate": stage("generate", *board),
        "build": stage("build", *host),
        "flash": stage("flash", *board, before=(("build", *board),), after=("stop", *board)),
        "validate": stage("validate", *host, *few, before=built),
        "bench": stage("bench", *host, before=built),
        "report": stage("report", *host, before=(*built, ("validate", *host, *few))),
    }


if __name__ == "__main__":
    sys.exit(main())
