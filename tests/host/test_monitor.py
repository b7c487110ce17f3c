"""What a device counts is what it was sent and has answered; and the verb that watches it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.support import drift_report
from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tests.support.updatable import Device, network
from tinyedge import board as boards
from tinyedge import build, keys, results
from tinyedge.cli import cli
from tinyedge.device import drift
from tinyedge.errors import ConfigError, LinkError
from tinyedge.graph import read_tflite
from tinyedge.graph.types import Quant
from tinyedge.link import statistics
from tinyedge.link.protocol import Reset
from tinyedge.link.session import Session
from tinyedge.quantize import inputs
from tinyedge.recipe import Compile
from tinyedge.results import DriftReport, FlashReport
from tinyedge.workflow import pipeline, watching
from tinyedge.workflow.pipeline import Loaded
from tinyedge.workflow.watching import Exporter
from tinyedge.workspace import Workspace, sha256

MODEL = "digits-cnn"


def _elf(
    folder: Path,
    features: tuple[str, ...],
    tflite: bytes | None = None,
    sanitize: tuple[str, ...] = ("address", "undefined"),
) -> Path:
    need("make", "gcc")
    path = folder / "model.tflite"
    path.write_bytes(tflite or network(1))
    model, workspace = pipeline.resolve(str(path), Compile(features=features)), Workspace(folder)
    loaded = pipeline.load(model, workspace)
    firmware = pipeline.generate(loaded, boards.load("host"), "aot", workspace)
    return build.build(firmware.folder, firmware.board, sanitize).elf


def _wide() -> bytes:
    """A network with an input of 2^18 bytes."""
    made = ModelWriter()
    x = made.input((1, 512, 512, 1), scale=0.02, zero_point=0)
    x = made.max_pool2d(x, window=(64, 64), stride=(64, 64))
    weights = np.ones((3, 64), np.int8)
    flat = made.reshape(x, (1, 64))
    bias = np.zeros(3, np.int32)
    return made.finish(made.fully_connected(flat, weights, [0.01], bias, scale=0.1, zero_point=0))


def test_the_largest_sums_of_a_large_input_do_not_overflow(tmp_path: Path) -> None:
    size = 1 << 18
    elf = _elf(tmp_path, ("monitor",), _wide())
    with Device(elf) as device, device.session() as session:
        session.infer([np.full(size, -128, np.int8).tobytes()])
        found = statistics.read(session)
    assert (found.input_sum, found.input_squares) == (-128 * size, 128 * 128 * size)


def test_the_counts_are_numpys(tmp_path: Path) -> None:
    samples = np.random.default_rng(3).integers(-128, 128, (25, 108), np.int8)
    samples[:5] = -128
    with Device(_elf(tmp_path, ("monitor",))) as device, device.session() as session:
        statistics.clear(session)
        done = [session.infer([sample.tobytes()]) for sample in samples]
        found = statistics.read(session)
        answers = np.array([np.frombuffer(each.outputs[0], np.int8) for each in done])
        assert (found.inferences, found.failed) == (25, 0)
        assert found.input_bytes == samples.size
        assert found.input_sum == samples.sum(dtype=np.int64)
        assert found.input_squares == (samples.astype(np.int64) ** 2).sum()
        assert found.input_mean == pytest.approx(samples.mean(dtype=np.float64))
        assert found.input_spread == pytest.approx(samples.std(dtype=np.float64))
        bins = (samples.astype(int) + 128) // 16
        assert found.inputs == tuple(np.bincount(bins.ravel(), minlength=16).tolist())
        top = (answers.max(axis=1).astype(int) + 128) // 16
        assert found.confidence == tuple(np.bincount(top, minlength=16).tolist())
        assert found.classes == tuple(np.bincount(answers.argmax(axis=1), minlength=32).tolist())
        ticks = [each.ticks for each in done]
        assert (found.ticks_least, found.ticks_most, found.ticks) == (
            min(ticks),
            max(ticks),
            sum(ticks),
        )
        statistics.clear(session)
        assert statistics.read(session).inferences == 0


def test_starts_are_counted_by_cause_where_memory_outlasts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starts(kill: signal.Signals) -> dict[str, int]:
        with Device(elf) as device:
            with device.session() as session:
                found = statistics.read(session).resets
            os.kill(device.pid, kill)
            device.ended()
        return {Reset(number).name: count for number, count in enumerate(found) if count}

    elf = _elf(tmp_path, ("monitor",), sanitize=())  # sanitizers keep the signals for themselves
    kept = tmp_path / "kept"
    monkeypatch.setenv("TE_KEPT", str(kept))
    assert starts(signal.SIGSEGV) == {"UNKNOWN": 1}
    assert starts(signal.SIGKILL) == {"UNKNOWN": 1, "FAULT": 1}
    assert starts(signal.SIGSEGV) == {"UNKNOWN": 2, "FAULT": 1}
    assert starts(signal.SIGSEGV) == {"UNKNOWN": 2, "FAULT": 2}
    data = bytearray(kept.read_bytes())
    data[8] ^= 1  # as RAM does without power
    kept.write_bytes(data)
    assert starts(signal.SIGKILL) == {"UNKNOWN": 1}


def test_firmware_without_the_feature_says_what_to_do(tmp_path: Path) -> None:
    with Device(_elf(tmp_path, ())) as device, device.session() as session:
        for call in (statistics.read, statistics.clear):
            with pytest.raises(LinkError, match="keeps no statistics") as caught:
                call(session)
            assert "--feature monitor" in (caught.value.hint or "")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.mark.parametrize(("shift", "code"), [((), 0), (("--shift", "invert"), 1)])
def test_the_verb_judges_what_it_fed(
    workspace: Path, tmp_path: Path, shift: tuple[str, ...], code: int
) -> None:
    need("make", "gcc")
    pytest.importorskip("tensorflow")
    out = tmp_path / "drift.json"
    argv = ["monitor", MODEL, "--board", "host", "--drift", "--feed", 100, *shift]
    argv += ["--json", out, "--workspace", workspace]
    done = subprocess.run(
        [sys.executable, "-m", "tinyedge", *map(str, argv)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == code, done.stderr
    found = results.read(out, DriftReport)
    assert found.inferences == 100
    assert sum(found.classes) == 100
    assert found.alarm == bool(shift)
    assert [score.what for score in found.scores] == ["classes", "confidence", "inputs"]


def _verb(*argv: object, workspace: Path) -> Result:
    """``tinyedge`` here, on the board "host"."""
    given = [*map(str, argv), "--board", "host", "--workspace", str(workspace)]
    return CliRunner().invoke(cli, given)


@contextlib.contextmanager
def _left(workspace: Path, tmp_path: Path, *features: str) -> Iterator[str]:
    """The URL of a device that ``tinyedge flash`` leaves running."""
    need("make", "gcc")
    pytest.importorskip("tensorflow")
    out = tmp_path / "flash.json"
    named = [part for name in features for part in ("--feature", name)]
    done = _verb("flash", MODEL, *named, "--json", out, workspace=workspace)
    assert done.exit_code == 0, done.exception
    try:
        yield results.read(out, FlashReport).url
    finally:
        _verb("stop", MODEL, workspace=workspace)


def _answer(url: str, count: int) -> None:
    """Let the device answer what somebody asks it."""
    with Session(url) as session:
        for _ in range(count):
            session.infer([bytes(session.hello.input_bytes)])


def _until_ctrl_c(workspace: Path, until: str) -> tuple[int, str, str]:
    """The view on a terminal of 24 rows, ended once it shows ``until``.

    Returns exit code, output, and what Prometheus was told just before.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    argv = [sys.executable, "-m", "tinyedge", "monitor", MODEL, "--board", "host", "--drift"]
    argv += ["--prometheus", "0", "--workspace", str(workspace)]
    viewer = subprocess.Popen(argv, cwd=CHECKOUT, stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown, told, deadline = "", "", monotonic() + 240
    with contextlib.suppress(OSError):  # the terminal is gone with the last who had it
        while monotonic() < deadline and select.select([ours], [], [], 240)[0]:
            shown += os.read(ours, 1 << 16).decode(errors="replace")
            if until and until in shown:
                served = re.search(r"Prometheus: http://127\.0\.0\.1:(\d+)/metrics", shown)
                assert served is not None, shown
                told = _scraped(served[1])
                viewer.send_signal(signal.SIGINT)
                until = ""
    os.close(ours)
    return viewer.wait(60), shown, told


def test_the_device_that_runs_is_watched_whatever_else_it_has(
    workspace: Path, tmp_path: Path
) -> None:
    out = tmp_path / "drift.json"
    watch = ("monitor", MODEL, "--drift", "--seconds", 0, "--json", out)
    with _left(workspace, tmp_path, "monitor", "learn") as url:
        _answer(url, 7)
        done = _verb(*watch, workspace=workspace)
        assert "digits-cnn on host: nothing was judged" in str(done.exception)
        found = results.read(out, DriftReport)
        assert (found.url, found.inferences) == (url, 7)
        assert "  7 inferences  -  too few to judge\n" in done.stdout  # a line for each look
        assert "NOT JUDGED: 7 answers of the device are too few, it takes 50\n" in done.stdout
        assert "held" not in done.stdout
        out.unlink()
        code, shown, told = _until_ctrl_c(workspace, until="too few")
        assert code == 0  # it was only looked at
        assert "tinyedge_inferences 7.0" in told
        assert "tinyedge_drift_judged 0.0" in told
        assert "NOT JUDGED: " in shown
        _fed_too_few(workspace, tmp_path / "few.npz", url)
        with Session(url) as session:
            assert statistics.read(session).inferences == 7  # nothing was cleared
        _answer(url, 60)
        limits = ("--psi", 50, 60, "--ks", 0.1, 1, "--chance", 0.01)
        done = _verb(*watch, *limits, workspace=workspace)
        assert done.exit_code == 0, done.exception
        found = results.read(out, DriftReport)
        assert found.thresholds == results.Thresholds(
            psi_warning=50, psi_alarm=60, ks_warning=0.1, ks_alarm=1, chance=0.01
        )
        assert {score.state for score in found.scores} == {"steady"}
        out.unlink()
        code, shown, told = _until_ctrl_c(workspace, until="ALARM")
        assert code == 1
        assert "tinyedge_inferences 67.0" in told
        assert "tinyedge_drift_alarm 1.0" in told
        assert "FELL SHORT: ALARM: PSI" in shown
    done = _verb(*watch, workspace=workspace)
    assert isinstance(done.exception, ConfigError)
    assert done.exception.message.startswith("flash has left no host running here")
    start = f'"tinyedge flash {MODEL} --board host --feature monitor"'
    assert f"start one with {start}" in done.exception.hint
    assert not out.exists()


def _fed_too_few(workspace: Path, path: Path, url: str) -> None:
    np.savez(path, x=np.zeros((49, 8, 8, 1), np.uint8))
    feed = ("monitor", MODEL, "--drift", "--feed", 50, "--data", path, "--port", url)
    done = _verb(*feed, workspace=workspace)
    assert isinstance(done.exception, ConfigError)
    assert "few.npz: 49 samples are too few to judge" in done.exception.message


def _wider(tflite: bytes, scale: float) -> bytes:
    """The same network, whose input has twice the ``scale``."""
    old, new = (np.float32(value).tobytes() for value in (scale, 2 * scale))
    assert tflite.count(old) == 1
    return tflite.replace(old, new)


def _look(workspace: Path, out: Path) -> DriftReport:
    done = _verb("monitor", MODEL, "--drift", "--seconds", 0, "--json", out, workspace=workspace)
    found = results.read(out, DriftReport)
    assert (done.exit_code == 0) == bool(found.scores), done.exception
    return found


def test_a_device_is_watched_after_an_update(workspace: Path, tmp_path: Path) -> None:
    def verb(*argv: object) -> None:
        done = _verb(*argv, workspace=workspace)
        assert done.exit_code == 0, done.exception

    def look() -> DriftReport:
        return _look(workspace, tmp_path / "drift.json")

    keys.make(workspace / "keys")
    features, package = ("update", "monitor"), tmp_path / "wider.tepkg"
    named = [part for name in features for part in ("--feature", name)]
    with _left(workspace, tmp_path, *features) as url:
        loaded = pipeline.load(pipeline.resolve(MODEL), Workspace(workspace))
        own, quant = loaded.tflite, loaded.graph.inputs[0].q
        wider = tmp_path / "wider.tflite"
        wider.write_bytes(_wider(own, quant.scale))
        verb("package", wider, "--number", "1.1.0", "--out", package, *named)
        verb("update", MODEL, package, *named)
        found = look()
        assert found.inferences == 0  # none of those with which the host compared it
        assert (found.running, found.version) == ("wider", "1.1.0")
        assert found.sha256 != found.trained_sha256 == sha256(own)
        assert loaded.dataset is not None
        seen = inputs(loaded.dataset.representative(60, 5), Quant((2 * quant.scale,), (-128,)))
        with Session(url) as session:
            for sample in seen:
                session.infer([sample.tobytes()])
        found = look()
        assert found.inferences == 60
        assert {score.what: score.state for score in found.scores}["inputs"] == "steady"
        fed = ("--feed", 60, "--port", url, "--json", tmp_path / "fed.json")
        verb("monitor", MODEL, "--drift", *fed)  # in the scale of what runs
        told = results.read(tmp_path / "fed.json", DriftReport)
        assert (told.inferences, told.running) == (60, "wider")
        assert {score.what: score.state for score in told.scores}["inputs"] == "steady"
        verb("rollback", MODEL, *named)
        assert (look().running, look().version) == (MODEL, "0.0.0")

        trained = drift.read(workspace / MODEL / "statistics.json", sha256(own))
        assert trained is not None
        _watched_by_other_recipes(loaded, watching.Against(trained), url, wider.read_bytes())


def _watched_by_other_recipes(
    loaded: Loaded, against: watching.Against, url: str, wider: bytes
) -> None:
    """By recipes whose networks are others than the one that runs."""

    def watched(tflite: bytes) -> DriftReport:
        other = replace(loaded, tflite=tflite, graph=read_tflite.read(tflite, MODEL))
        device = watching.watched(other, boards.load("host"), url)
        (found,) = watching.watch(device, against, every_s=1, seconds=0, on_log=print)
        return found

    assert watched(wider).version == "0.0.0"  # for what it took is the same
    with pytest.raises(LinkError, match="runs another model: digits-cnn") as caught:
        watched(network(1))
    assert "name the .tflite that was packaged" in caught.value.hint


def _scraped(port: int | str) -> str:
    """What Prometheus is told."""
    url = f"http://127.0.0.1:{port}/metrics"
    text: str = urllib.request.urlopen(url, timeout=60).read().decode()
    return text


def test_prometheus_reads_the_figures() -> None:
    report = drift_report.made(
        resets=(results.ResetCount(cause="watchdog", count=3),),
        scores=(results.DriftScore(what="inputs", psi=0.3, ks=0.2, ks_bound=0.1, state="alarm"),),
    )
    exporter = Exporter(0)
    try:
        exporter.show(report)
        text = _scraped(exporter.port)
        exporter.show(msgspec.structs.replace(report, scores=(), inferences=3, alarm=False))
        later = _scraped(exporter.port)
        with pytest.raises(ConfigError, match=f"port {exporter.port}: ") as caught:
            Exporter(exporter.port)
        assert "--prometheus" in caught.value.hint
    finally:
        exporter.close()
    assert "tinyedge_drift_judged 0.0" in later
    assert "tinyedge_inferences 3.0" in later
    for gone in ("tinyedge_drift_psi{", "tinyedge_drift_ks{"):
        assert gone in text
        assert gone not in later
    for line in (
        'tinyedge_drift_psi{what="inputs"} 0.3',
        "tinyedge_drift_alarm 1.0",
        "tinyedge_drift_judged 1.0",
        "tinyedge_inferences 7.0",
        'tinyedge_answers{class_name="dog"} 2.0',
        'tinyedge_inference_ticks{unit="ns"} 12.5',
        'tinyedge_resets{cause="watchdog"} 3.0',
    ):
        assert line in text
