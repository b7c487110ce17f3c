"""``python -m tests.repro``: exit code 1 unless two clean clones make the same bytes.

Each clone of HEAD lies in a folder of its own, of another name and depth, and runs its own code.
"""

from __future__ import annotations

import argparse
import hashlib
import html.parser
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.support.tools import CHECKOUT

GOLDEN = "models/digits-cnn/golden/digits-cnn.tflite"
#: where the clones are put: neither the path nor its length may tell
PLACES = ("a", "second/and further down")
#: what says how long something took, at which address a device answered, or vouches for such a file
PROVENANCE = frozenset(
    {
        *("train.json", "train.stamp", ".lock", "device.log"),
        *("validate.json", "bench.json", "profile.json", "debug.json"),
    }
)
#: boards whose ticks are times, so that the report's table differs, too
WALL = frozenset({"host"})


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.repro", description=__doc__)
    parser.add_argument("--model", default=GOLDEN, help="a recipe's name is trained, too")
    parser.add_argument("--board", action="append", help="default: host and netduinoplus2")
    parser.add_argument("--runtime", default="aot")
    options = parser.parse_args(arguments)
    boards = options.board or ["host", "netduinoplus2"]
    with tempfile.TemporaryDirectory(prefix="tinyedge-repro-") as root:
        clones = [clone(Path(root) / place) for place in PLACES]
        left, right = (made(one, options.model, boards, options.runtime) for one in clones)
    differing = sorted(name for name in left | right if left.get(name) != right.get(name))
    sys.stdout.writelines(f"differs: {name}\n" for name in differing)
    kinds = ", ".join(f"{count(left, end)} {end}" for end in (".tflite", ".c", ".h", ".elf"))
    sys.stdout.write(f"{len(left)} files of two clones ({kinds}): {len(differing)} differ\n")
    return 1 if differing or not count(left, ".elf") else 0


def clone(folder: Path) -> Path:
    """A clean clone of HEAD at ``folder``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    argv = ["git", "clone", "--quiet", "--no-hardlinks", str(CHECKOUT), str(folder)]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)
    return folder


def made(folder: Path, model: str, boards: Sequence[str], runtime: str) -> dict[str, str]:
    """Build there for each board, and report; relative path -> SHA-256 of all that was made."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    for board in boards:
        argv = ["report", model, "--board", board, "--runtime", runtime]
        subprocess.run(
            [sys.executable, "-m", "tinyedge", *argv],
            cwd=folder,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=1800,
        )
    root = folder / "build"
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(content(path)).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in PROVENANCE
    }


def content(path: Path) -> bytes:
    """All bytes of a file, but for what the report says was measured on the host's clock."""
    if path.name == "report.md" and WALL.intersection(path.parts):
        return b""
    if path.name != "report.html":
        return path.read_bytes()
    page = _Timeless()
    page.feed(path.read_text())
    assert page.left_out, "no part of the page says that it is a time"
    return "".join(page.kept).encode()


class _Timeless(html.parser.HTMLParser):
    """Tags and text outside of elements that are marked ``data-wall``."""

    VOID = frozenset({"meta", "br", "img", "wbr", "line", "circle", "polyline"})

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[str] = []
        self.left_out = 0
        self._depth = 0  # of elements open within a marked one, itself included

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth or any(name == "data-wall" for name, _ in attrs):
            self.left_out += 1
            self._depth += tag not in self.VOID
        else:
            self.kept.append(str((tag, attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._depth -= self._depth > 0 and tag not in self.VOID

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.kept.append(data)


def count(files: dict[str, str], end: str) -> int:
    """How many names end in ``end``."""
    return sum(name.endswith(end) for name in files)


if __name__ == "__main__":
    sys.exit(main())
