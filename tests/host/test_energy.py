"""Energy through the whole verb: host firmware, its marks, and a monitor with a known integral."""

import statistics
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support import pty_meter
from tests.support.pty_meter import PtyMeter
from tests.support.tools import CHECKOUT, need
from tinyedge import results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed
from tinyedge.results import EnergyReport

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
RUNS = 5


def _energy(
    meter: PtyMeter, folder: Path, monkeypatch: pytest.MonkeyPatch, board: str = "host"
) -> Result:
    monkeypatch.setenv("TE_MARKS", str(meter.pipe))
    monitor = ["--meter", f"csv:{meter.port}", "--runs", str(RUNS)]
    kept = ["--workspace", str(folder / "build"), "--json", str(folder / "out.json")]
    return CliRunner().invoke(cli, ["energy", str(DIGITS), "--board", board, *monitor, *kept])


def test_the_integral_between_the_marks_is_the_monitor_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "gcc")
    with PtyMeter(tmp_path) as meter:
        done = _energy(meter, tmp_path, monkeypatch)
    assert done.exit_code == 0, done.output
    report = results.read(tmp_path / "out.json", EnergyReport)
    wanted = [pty_meter.joules(number) for number in range(RUNS)]
    assert report.aligned_by == "mark"
    assert (report.inferences, report.discarded, report.damaged) == (RUNS, 0, 0)
    assert report.joules.median == pytest.approx(statistics.median(wanted))
    assert (report.joules.min, report.joules.max) == pytest.approx((wanted[0], wanted[-1]))
    assert report.seconds.median == pytest.approx(pty_meter.HIGH * pty_meter.STEP_S)
    assert report.idle_watts == pytest.approx(pty_meter.VOLTS * pty_meter.IDLE_A)
    assert report.rate_hz == pytest.approx(1 / pty_meter.STEP_S)
    assert "1.68 mJ (median of 5)" in done.output
    assert "host is no board" in done.output


def test_an_inference_with_lost_samples_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "gcc")
    with PtyMeter(tmp_path, loses=1) as meter:
        done = _energy(meter, tmp_path, monkeypatch)
    assert done.exit_code == 0, done.output
    report = results.read(tmp_path / "out.json", EnergyReport)
    assert (report.inferences, report.discarded) == (RUNS - 1, 1)
    assert report.joules.max == pytest.approx(pty_meter.joules(RUNS - 1))


def test_a_monitor_that_does_not_see_the_mark_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("make", "gcc")
    monkeypatch.setattr("tinyedge.device.energy._LAST_S", 0.2)
    with PtyMeter(tmp_path) as meter:
        monkeypatch.setenv("TE_MARKS", str(tmp_path / "elsewhere"))
        monkeypatch.setattr(meter, "pipe", tmp_path / "elsewhere")
        done = _energy(meter, tmp_path, monkeypatch)
    assert isinstance(done.exception, CheckFailed)
    assert "saw the mark 0 times in 5 inferences" in done.exception.message
