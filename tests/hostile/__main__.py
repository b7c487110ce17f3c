"""``python -m tests.hostile --count 5000``: exit code 1 if a file did more than be refused.

Each kind is read in a process of its own that has little memory, and little time for each file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.hostile.kinds import KINDS
from tests.hostile.trial import run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="default: all")
    options = parser.parse_args(arguments)
    failed = False
    for name in options.kind or KINDS:
        refused, problems = run(name, options.count, options.seed)
        failed |= bool(problems)
        sys.stdout.write(
            f"{name}: {options.count} files, {refused} refused, {len(problems)} problems\n"
            + "".join(f"  {problem}\n" for problem in problems)
        )
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
