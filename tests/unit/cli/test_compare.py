"""``tinyedge compare``: a table and an exit code."""

import subprocess
import sys
from pathlib import Path

import msgspec

from tests.support import made_up, made_up_sizes
from tests.support.tools import CHECKOUT
from tinyedge import results
from tinyedge.results import CompareReport, Spread


def _bench(path: Path, instructions: int) -> Path:
    spread = Spread(median=instructions, min=instructions, max=instructions)
    results.write(path, msgspec.structs.replace(made_up.bench(), ticks=spread))
    return path


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "tinyedge", "compare", *map(str, arguments)]
    return subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_growth_beyond_the_limit_is_told_and_fails(tmp_path: Path) -> None:
    base, new = _bench(tmp_path / "a.json", 1000), _bench(tmp_path / "b.json", 1030)
    done = _run(base, new, "--json", tmp_path / "out.json")
    assert done.returncode == 1
    assert "+3.00 %" in done.stdout
    assert "OVER THE LIMIT" in done.stdout
    assert "grown by more than 2 %" in done.stderr
    assert not results.read(tmp_path / "out.json", CompareReport).held
    assert _run(base, new, "--limit", 3).returncode == 0
    assert _run(new, base).returncode == 0


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    base, other = _bench(tmp_path / "a.json", 1000), tmp_path / "build.json"
    results.write(other, made_up_sizes.build())
    done = _run(base, other)
    assert done.returncode == 2
    assert 'schema "tinyedge-build/1" cannot be compared' in done.stderr
    other.write_text("{}")
    assert "not a result of tinyedge" in _run(base, other).stderr
