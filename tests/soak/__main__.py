"""``python -m tests.soak --count 20000``: exit code 1 if an answer, a count or memory changed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.soak import endure


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--board", default="netduinoplus2", help="an emulated one, or host")
    parser.add_argument("--runtime", default="aot")
    parser.add_argument("--count", type=int, default=1000, help="inferences")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        built = endure.built(options.board, options.runtime, Path(folder))
        found = endure.run(built, options.count, hear=_hear(options.count))
    sys.stdout.write(f"{found}\n" + "".join(f"  {problem}\n" for problem in found.problems))
    return 1 if found.problems else 0


def _hear(count: int) -> endure.Hear:
    """Tells of every tenth of the way."""

    def hear(found: endure.Found) -> None:
        if found.answers % max(1, count // 10) == 0:
            sys.stdout.write(f"{found.answers:,} of {count:,}: {found}\n")
            sys.stdout.flush()

    return hear


if __name__ == "__main__":
    sys.exit(main())
