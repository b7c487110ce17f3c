"""``python -m tests.parser --minutes 60``: exit code 1 if an input made the device misbehave."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.parser import fuzzer


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parser", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for each kind of parser")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found")
    options = parser.parse_args(arguments)
    crashed = False
    with tempfile.TemporaryDirectory() as temporary:
        for kind in fuzzer.KINDS:
            corpus = (options.corpus or Path(temporary) / "corpus") / kind
            fuzzer.seeds(corpus, kind)
            program = fuzzer.build(Path(temporary) / kind, kind)
            found = fuzzer.run(program, corpus, round(options.minutes * 60), options.seed)
            crashed |= bool(found.crash)
            sys.stdout.write(f"{kind}: {found}\n")
            sys.stdout.flush()
    return 1 if crashed else 0


if __name__ == "__main__":
    sys.exit(main())
