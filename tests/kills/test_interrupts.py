"""Ctrl-C, which a terminal sends to all that runs: no traceback, nothing left running, and the next
run is as if nothing had happened."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kills.stage import end_all_of
from tests.support import tiny_model
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.flash import qemu

BOARD = "netduinoplus2"
STOPPED = 130
PATIENCE_S = 120


def _objects(folder: Path) -> bool:
    return any(folder.rglob("*.o"))


def _emulator(folder: Path) -> bool:
    for entry in Path("/proc").iterdir():
        try:
            told = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if b"qemu-system" in told and f"{folder}/".encode() in told:
            return True
    return False


@pytest.mark.parametrize(
    ("verb", "begun"),
    [
        (("build", "x.tflite", "--board", "host"), _objects),
        (("matrix", "--models", "x.tflite", "--boards", "host", "--boards", BOARD), _objects),
        (("validate", "x.tflite", "--board", BOARD, "--samples", "100000"), _emulator),
        (("bench", "x.tflite", "--board", BOARD), _objects),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c_ends_all_of_it(
    tmp_path: Path, verb: tuple[str, ...], begun: Callable[[Path], bool]
) -> None:
    board = boards.load(BOARD)
    need("make", "gcc", board.build.toolchain, qemu.program(board), "setpriv")
    tiny_model.write(tmp_path / "x.tflite")
    running = _start(tmp_path, verb)
    _await(lambda: begun(tmp_path), running)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == STOPPED, errors
    assert "Traceback" not in errors
    assert "stopped" in errors
    _await(lambda: not _emulator(tmp_path))
    assert not end_all_of(tmp_path)
    again = tuple("5" if word == "100000" else word for word in verb)
    done = _start(tmp_path, again)
    _, errors = done.communicate(timeout=10 * PATIENCE_S)
    assert done.returncode == 0, errors


def _start(folder: Path, verb: tuple[str, ...]) -> subprocess.Popen[str]:
    workspace = str(folder / "build")  # so that an emulator's command line names the folder
    return subprocess.Popen(
        [sys.executable, "-m", "tinyedge", *verb, "--workspace", workspace],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _await(held: Callable[[], bool], running: subprocess.Popen[str] | None = None) -> None:
    until = time.monotonic() + PATIENCE_S
    while not held():
        assert time.monotonic() < until
        assert running is None or running.poll() is None, "it ended before it was stopped"
        time.sleep(0.02)
