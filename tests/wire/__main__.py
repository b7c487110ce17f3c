"""``python -m tests.wire --count 100000``: exit code 1 if an answer was wrong, or given twice."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.wire import endure


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.wire", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="inferences")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        artifact = endure.firmware(Path(folder))
        tally = endure.run(artifact, options.count, options.seed, hear=_hear(options.count))
    sys.stdout.write(f"{tally}\n" + "".join(f"  {problem}\n" for problem in tally.problems))
    return 1 if tally.problems else 0


def _hear(count: int) -> Callable[[endure.Tally], None]:
    """Tells of every tenth of the way."""
    told = 0

    def hear(tally: endure.Tally) -> None:
        nonlocal told
        done = tally.right + tally.refused.total()
        if done * 10 // count > told:
            told = done * 10 // count
            sys.stdout.write(f"{done:,} of {count:,}: {tally}\n")
            sys.stdout.flush()

    return hear


if __name__ == "__main__":
    sys.exit(main())
