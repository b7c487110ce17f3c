"""The plug-in as a user's project meets it: pytest runs in another process and folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.tools import CHECKOUT, need
from tinyedge import flash
from tinyedge.keys import device as device_keys
from tinyedge.testing import build
from tinyedge.workspace import Workspace

EXAMPLE = CHECKOUT / "examples" / "digits"
MODEL = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"


def _pytest(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )


def _project(folder: Path, tests: str, ini: str = f"tinyedge_model = {MODEL}") -> Path:
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n")
    (folder / "test_it.py").write_text(tests)
    return folder


def test_the_example_s_tests_hold_on_a_device_with_a_key(tmp_path: Path) -> None:
    need("make", "gcc")
    key = device_keys.make(tmp_path / "keys", "desk")
    options = [f"--tinyedge-workspace={tmp_path}", f"--tinyedge-device-key={key}"]
    done = _pytest(EXAMPLE, "-n", "2", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout
    target = tmp_path / "digits-cnn" / "aot" / "host"
    assert (target / "bench.json").is_file()
    assert target.stat().st_mode & 0o077 == 0  # it holds the key
    assert "pymonocypher" in (target / "sbom.cdx.json").read_text()


def test_each_worker_has_its_own_port(tmp_path: Path) -> None:
    need("make", "gcc")
    built = build(str(MODEL), "host", None, Workspace(tmp_path / "build"))
    tests = (
        "import numpy as np\n"
        "def test_port(device, worker_id, request):\n"
        "    ports = request.config.getoption('tinyedge_port')\n"
        "    assert device.url == ports[int(worker_id[2:])]\n"
        "    assert device.infer(np.zeros(64, np.int8))[0].shape == (1, 10)\n"
    )
    board = built.firmware.board
    with flash.run(built.artifact, board) as one, flash.run(built.artifact, board) as two:
        assert one.url != two.url
        ports = [f"--tinyedge-port={device.url}" for device in (one, two)]
        project = _project(tmp_path, tests)
        done = _pytest(project, "-n", "2", "--dist", "each", *ports)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 passed" in done.stdout
        refused = _pytest(project, "-n", "3", *ports)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "3 workers but 2 --tinyedge-port" in refused.stderr


def test_a_failure_shows_what_the_device_said_in_that_test_alone(tmp_path: Path) -> None:
    tests = (
        "import pytest\n"
        "from tinyedge.testing import Device\n"
        "@pytest.fixture(scope='session')\n"
        "def device():\n"
        "    return Device(None, '')\n"
        "def test_passes(device):\n"
        "    device.log.append('all is well\\n')\n"
        "def test_fails(device):\n"
        "    device.log.append('arena overrun\\n')\n"
        "    assert device.url\n"
    )
    done = _pytest(_project(tmp_path, tests))
    assert "1 failed, 1 passed" in done.stdout
    assert "the device's log" in done.stdout
    assert "arena overrun" in done.stdout
    assert "all is well" not in done.stdout


@pytest.mark.parametrize(
    ("ini", "arguments", "said"),
    [
        ("", (), "no model: set tinyedge_model in pytest's ini file"),
        ("tinyedge_model = digit-cnn", (), 'there is no model "digit-cnn"; did you mean "digits'),
        (f"tinyedge_model = {MODEL}", ("--tinyedge-board", "hots"), 'did you mean "host"'),
    ],
)
def test_what_the_user_must_fix_is_said_without_a_traceback(
    tmp_path: Path, ini: str, arguments: tuple[str, ...], said: str
) -> None:
    done = _pytest(_project(tmp_path, "def test(firmware): pass\n", ini), *arguments)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "tinyedge: " in done.stdout
    assert said in done.stdout
    assert "Traceback" not in done.stdout
    assert "pipeline.py" not in done.stdout


def test_the_plug_in_loads_little() -> None:
    code = "import sys, tinyedge.pytest_plugin; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
