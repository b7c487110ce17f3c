"""The verbs from end to end, as a user calls them, on the board "host" and an emulated one."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.tflite_writer import ModelWriter
from tests.support.tools import CHECKOUT, need
from tinyedge import results
from tinyedge.oracle import Oracle
from tinyedge.results import (
    BenchReport,
    BuildReport,
    FlashReport,
    MonitorReport,
    StopReport,
    ValidateReport,
)

Run = Callable[..., subprocess.CompletedProcess[str]]
BOARDS = ("host", "netduinoplus2")


@pytest.fixture(scope="module")
def tflite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with a convolution."""
    model = ModelWriter()
    x = model.input((1, 6, 6, 2), scale=0.05, zero_point=-3)
    weights = np.random.default_rng(1).integers(-127, 128, (4, 3, 3, 2)).astype(np.int8)
    y = model.conv2d(
        x,
        weights=weights,
        weight_scales=[0.01, 0.02, 0.03, 0.04],
        bias=np.arange(4, dtype=np.int32),
        scale=0.1,
        zero_point=-7,
    )
    data = model.finish(model.softmax(model.reshape(y, (1, 64))))
    path = tmp_path_factory.mktemp("model") / "small.tflite"
    path.write_bytes(data)
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture
def run(workspace: Path) -> Run:
    """``tinyedge`` in a process of its own."""

    def call(verb: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        argv = [verb, *map(str, arguments), "--workspace", str(workspace)]
        return subprocess.run(
            [sys.executable, "-m", "tinyedge", *argv],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return call


def _need(board: str) -> None:
    need("make", "gcc") if board == "host" else need("arm-none-eabi-gcc", "qemu-system-arm")


@pytest.mark.parametrize("board", BOARDS)
def test_bench_works_in_one_step(run: Run, tflite: Path, tmp_path: Path, board: str) -> None:
    _need(board)
    out = tmp_path / "bench.json"
    done = run("bench", tflite, "--board", board, "--runtime", "aot", "--runs", 3, "--json", out)
    assert done.returncode == 0, done.stderr
    found = results.read(out, BenchReport)
    assert (found.model, found.board, found.runtime, found.runs) == ("small", board, "aot", 3)
    assert found.macs == 4 * 4 * 4 * 18
    assert found.tick_unit == ("ns" if board == "host" else "instructions")
    assert 0 < found.ticks.min <= found.ticks.median <= found.ticks.max
    assert found.flash_total_bytes == found.flash_code_bytes + found.flash_weights_bytes
    assert f"{found.tick_unit} an inference" in done.stdout


@pytest.mark.parametrize("board", BOARDS)
def test_firmware_for_size_is_smaller_and_another(
    run: Run, tflite: Path, tmp_path: Path, board: str
) -> None:
    _need(board)
    target = (tflite, "--board", board, "--runtime", "aot")
    built = {}
    for optimize in ("speed", "size"):
        out = tmp_path / f"{optimize}.json"
        done = run("build", *target, "--optimize", optimize, "--json", out)
        assert done.returncode == 0, done.stderr
        built[optimize] = results.read(out, BuildReport)
        assert built[optimize].optimize == optimize
    speed, size = built["speed"], built["size"]
    assert size.flash_code_bytes < speed.flash_code_bytes
    assert 0 < (size.flash_runtime_bytes or 0) < (speed.flash_runtime_bytes or 0)
    most = size.flash_total_bytes
    assert run("build", *target, "--optimize", "size", "--max-flash", most + 999).returncode == 0
    done = run("build", *target, "--max-flash", most - 2000)
    assert done.returncode == 1
    assert "more than max_flash" in done.stderr or "than max_flash allows" in done.stderr
    done = run("build", *target, "--max-arena", "16")
    assert done.returncode == 1
    assert "larger than max_arena allows" in done.stderr
    assert run("build", *target, "--max-arena", "16X").returncode == 2
    out = tmp_path / "validate.json"
    done = run("validate", *target, "--optimize", "size", "--samples", 5, "--json", out)
    assert done.returncode == 0, done.stderr
    assert results.read(out, ValidateReport).elf_sha256 == size.elf_sha256 != speed.elf_sha256


@pytest.mark.parametrize("board", BOARDS)
def test_flash_stays_until_stop_and_is_used(
    run: Run, tflite: Path, tmp_path: Path, board: str
) -> None:
    _need(board)
    out = tmp_path / "out.json"
    assert run("flash", tflite, "--board", board, "--json", out).returncode == 0
    left = results.read(out, FlashReport)
    try:
        done = run("validate", tflite, "--board", board, "--samples", 5, "--json", out)
        assert done.returncode == 0, done.stderr
        proof = results.read(out, ValidateReport)
        assert proof.url == left.url
        assert (proof.samples, proof.mismatches, proof.held) == (5, 0, True)
        assert proof.device_accuracy is None
        assert proof.inputs == "pseudo-random, seed 1"
    finally:
        stopped = run("stop", tflite, "--board", board, "--json", out)
    assert stopped.returncode == 0
    assert results.read(out, StopReport).stopped == (left.url,)
    assert left.pid is not None
    assert not _runs(left.pid)


def test_monitor_listens_to_what_flash_left(run: Run, tflite: Path, tmp_path: Path) -> None:
    _need("host")
    out = tmp_path / "out.json"
    assert run("flash", tflite, "--board", "host", "--json", out).returncode == 0
    try:
        url = results.read(out, FlashReport).url
        done = run("monitor", tflite, "--board", "host", "--seconds", 0.6, "--json", out)
        assert done.returncode == 0, done.stderr
        heard = results.read(out, MonitorReport)
        assert (heard.board, heard.url, heard.lines) == ("host", url, ())
        assert 0.6 <= heard.seconds < 30
    finally:
        run("stop", tflite)
    done = run("monitor", tflite, "--board", "host", "--seconds", 0)
    assert done.returncode == 2
    assert 'start one with "tinyedge flash"' in done.stderr


def test_labels_and_expected_outputs_of_a_file_are_checked(
    run: Run, tflite: Path, tmp_path: Path
) -> None:
    _need("host")
    inputs = np.random.default_rng(2).integers(-128, 128, (6, 72)).astype(np.int8)
    oracle = Oracle(tflite.read_bytes())
    outputs = np.concatenate([oracle.run([sample])[0] for sample in inputs])
    labels = outputs.argmax(axis=1)
    labels[0] = (labels[0] + 1) % 64
    good, bad, out = tmp_path / "good.npz", tmp_path / "bad.npz", tmp_path / "out.json"
    np.savez(good, inputs=inputs, outputs=outputs, labels=labels)
    done = run("validate", tflite, "--board", "host", "--inputs", good, "--json", out)
    assert done.returncode == 0, done.stderr
    proof = results.read(out, ValidateReport)
    assert proof.device_accuracy == proof.host_accuracy == pytest.approx(5 / 6)
    np.savez(bad, inputs=inputs, outputs=outputs + 1)
    done = run("validate", tflite, "--board", "host", "--inputs", bad)
    assert done.returncode == 1
    assert "outputs of sample 0" in done.stderr


def test_demo_ends_with_a_table_and_the_report(run: Run, tflite: Path) -> None:
    _need("host")
    done = run("demo", tflite, "--board", "host", "--samples", 4, "--runs", 2)
    assert done.returncode == 0, done.stderr
    assert "answers that differ   0 of 4" in done.stdout
    (page,) = [word for word in done.stdout.split() if word.endswith("report.html")]
    assert "small" in Path(page).read_text()
    assert Path(page).with_suffix(".md").is_file()
    again = run("report", tflite, "--board", "host")
    assert again.returncode == 0
    assert "start host" not in again.stderr  # what is known is not measured again


def test_another_model_on_the_device_is_refused(run: Run, tflite: Path, tmp_path: Path) -> None:
    _need("host")
    other = ModelWriter()
    x = other.input((1, 6, 6, 2), scale=0.05, zero_point=-3)
    path = tmp_path / "other.tflite"
    path.write_bytes(other.finish(other.softmax(other.reshape(x, (1, 72)))))
    out = tmp_path / "flash.json"
    assert run("flash", tflite, "--board", "host", "--json", out).returncode == 0
    try:
        url = results.read(out, FlashReport).url
        done = run("validate", path, "--board", "host", "--port", url)
        assert done.returncode == 2
        assert "runs another model: small" in done.stderr
    finally:
        run("stop", tflite)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bench", "MODEL", "--board", "netduinoplus"], 'did you mean "netduinoplus2"?'),
        (["bench", "none.tflite"], "none.tflite: there is no such file"),
        (["bench", "MODEL", "--runs", "0"], "Invalid value for '--runs'"),
        (["validate", "MODEL", "--board", "host", "--port", "/dev/none"], "/dev/none"),
        (["validate", "MODEL", "--board", "host", "--inputs", "none.npz"], "none.npz"),
        (["stop", "--json", "/dev/null/x.json"], "/dev/null/x.json could not be written"),
    ],
)
def test_what_the_user_must_fix_is_told_without_a_traceback(
    run: Run, tflite: Path, arguments: list[str], message: str
) -> None:
    done = run(*[str(tflite) if word == "MODEL" else word for word in arguments])
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_too_big_is_refused_before_the_build(run: Run, tmp_path: Path) -> None:
    model = ModelWriter()
    x = model.input((1, 400, 400, 1), scale=0.05, zero_point=0)
    path = tmp_path / "big.tflite"
    path.write_bytes(model.finish(model.max_pool2d(x, window=(2, 2), stride=(2, 2))))
    done = run("build", path, "--board", "netduinoplus2")
    assert done.returncode == 1, done.stderr
    assert "big does not fit netduinoplus2" in done.stderr
    assert "bytes of RAM too much" in done.stderr
    assert "qemu-mps2-an386" in done.stderr
    assert f'"tinyedge inspect {path}" compares them' in done.stderr
    assert "compile big" not in done.stderr


def test_ctrl_c_ends_with_130_and_leaves_no_device(tflite: Path, tmp_path: Path) -> None:
    _need("host")
    argv = ["validate", str(tflite), "--board", "host", "--samples", "1000000"]
    child = subprocess.Popen(
        [sys.executable, "-m", "tinyedge", *argv, "--workspace", str(tmp_path / "build")],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stderr is not None
    heard = ""
    for line in child.stderr:
        heard += line
        if line.startswith("validate small"):  # the first sign of progress
            break
    devices = _children(child.pid)
    assert devices, heard
    os.kill(child.pid, signal.SIGINT)
    _, rest = child.communicate(timeout=120)
    assert child.returncode == 130, heard + rest
    assert "Traceback" not in rest
    deadline = time.monotonic() + 120
    while any(map(_runs, devices)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Whether the process is there and no zombie that nobody has taken leave of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(stat.parent.name))
    return found
