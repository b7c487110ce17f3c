"""Class and score alone: the verb, and the example in the documentation."""

import itertools
import textwrap
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.support import tiny_model
from tests.support.tools import CHECKOUT, need
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.oracle import Oracle
from tinyedge.results import FlashReport, ValidateReport

DOCS = CHECKOUT / "docs" / "compress.md"


def _run(workspace: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments), "--workspace", str(workspace)])


@pytest.mark.parametrize("board", ["host", "netduinoplus2"])
def test_validate_compares_class_and_score_and_counts_the_bytes(tmp_path: Path, board: str) -> None:
    need("make", "gcc" if board == "host" else "qemu-system-arm")
    tflite, out = tiny_model.write(tmp_path / "tiny.tflite"), tmp_path / "out.json"
    argv = ["validate", tflite, "--board", board, "--results-only", "--samples", 30, "--json", out]
    done = _run(tmp_path, *argv)
    assert done.exit_code == 0, done.output
    found = results.read(out, ValidateReport)
    assert (found.board, found.samples, found.mismatches, found.held) == (board, 30, 0, True)
    alone = found.results_only
    assert alone is not None
    assert (alone.differing_classes, alone.first_difference) == (0, "")
    assert alone.wire is not None
    assert alone.wire.samples == 20
    whole, short = (mode for mode in alone.wire.modes if mode.mode.startswith("packed"))
    assert short.mode == "packed, class alone"
    assert short.bytes_sent == whole.bytes_sent
    assert 0 < short.bytes_received < whole.bytes_received
    assert "30 classes and scores equal" in " ".join(done.output.split())
    assert f"{short.bytes_received:,.1f}" in done.output
    assert not list(tmp_path.rglob("validate.json"))  # which is about every byte


def test_the_example_in_the_documentation_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need("make", "gcc")
    after = DOCS.read_text().split("is asked from Python:\n\n")[1]
    lines = itertools.takewhile(lambda line: line.startswith("    ") or not line, after.split("\n"))
    code = textwrap.dedent("\n".join(lines))
    assert len(code.splitlines()) <= 10
    tflite, out = tiny_model.write(tmp_path / "tiny.tflite"), tmp_path / "flash.json"
    pictures = np.random.default_rng(1).integers(-128, 128, (5, 1, 4), np.int8)
    np.save(tmp_path / "pictures.npy", pictures)
    monkeypatch.chdir(tmp_path)
    where = (tflite, "--board", "host")
    assert _run(tmp_path, "flash", *where, "--feature", "compress", "--json", out).exit_code == 0
    capsys.readouterr()
    try:
        exec(code.replace("/dev/ttyUSB0", results.read(out, FlashReport).url), {})  # noqa: S102
    finally:
        assert _run(tmp_path, "stop", *where).exit_code == 0
    oracle = Oracle(tflite.read_bytes())
    expected = [oracle.run([picture])[0].reshape(-1) for picture in pictures]
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [int(best) for best, _ in printed] == [int(output.argmax()) for output in expected]
    assert [float(score) for _, score in printed] == pytest.approx(
        [0.2 * int(output.max()) for output in expected]
    )
