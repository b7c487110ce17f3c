"""The verbs with RUNTIME=tflm on the host: the official wheel behind the link, no compiler."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tinyedge import results
from tinyedge.results import BenchReport, BuildReport, FlashReport, ValidateReport


@pytest.fixture
def tflite(tmp_path: Path) -> Path:
    """A model with an operator that only TensorFlow Lite Micro has."""
    model = ModelWriter()
    x = model.input((1, 6, 6, 2), scale=0.05, zero_point=-3)
    y = model.add(x, x, scale=0.1, zero_point=0)
    model.op("ABS", [y], [z := model.tensor((1, 6, 6, 2), 0.1)])
    path = tmp_path / "small.tflite"
    path.write_bytes(model.finish(z))
    return path


def test_from_flash_to_bench(tflite: Path, tmp_path: Path) -> None:
    need("setpriv")
    (tools := tmp_path / "bin").mkdir()
    (tools / "setpriv").symlink_to(shutil.which("setpriv") or "")
    out = tmp_path / "out.json"

    def run(verb: str, *arguments: object) -> str:
        argv = [verb, tflite, "--board", "host", "--runtime", "tflm", *arguments]
        argv += ["--json", out, "--workspace", tmp_path / "build"]
        done = subprocess.run(
            [sys.executable, "-m", "tinyedge", *map(str, argv)],
            cwd=CHECKOUT,
            env=os.environ | {"PATH": str(tools)},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("build")
    built = results.read(out, BuildReport)
    assert (built.flash_weights_bytes, built.flash_code_bytes) == (tflite.stat().st_size, 0)
    run("flash")
    left = results.read(out, FlashReport)
    try:
        run("validate", "--samples", 5)
        proof = results.read(out, ValidateReport)
        assert (proof.url, proof.samples, proof.mismatches, proof.held) == (left.url, 5, 0, True)
        told = run("bench", "--runs", 3)
        found = results.read(out, BenchReport)
        assert (found.runtime, found.tick_unit, found.url) == ("tflm", "ns", left.url)
        assert 0 < found.ticks.min <= found.ticks.max
        assert 72 < found.arena_used_bytes <= found.arena_bytes
        assert "arena, planned / used" in told
    finally:
        run("stop")
