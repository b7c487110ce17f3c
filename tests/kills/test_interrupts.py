"""Ctrl-C, which a terminal sends to all that runs: no traceback, nothing left running, and the next
run is as if nothing had happened."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kills.stage import all_of, end_all_of
from tests.support import tiny_model
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge.flash import qemu

BOARD = "netduinoplus2"
STOPPED = 130
PATIENCE_S = 200
#: a compiler that never ends with one of the files, until one of them has been stopped
SLOW = """#!/bin/sh
case " $* " in *" app/frame.c "*) ;; *) exec {real} "$@" ;; esac
[ -e {folder}/begun ] && exec {real} "$@"
: > {folder}/begun
exec sleep 10000
"""


def _compiling(folder: Path) -> bool:
    return (folder / "begun").exists()


def _emulator(folder: Path) -> bool:
    return any(b"qemu-system" in told for told in all_of(folder).values())


@pytest.mark.parametrize(
    ("verb", "begun"),
    [
        (("build", "x.tflite", "--board", "host"), _compiling),
        (("matrix", "--models", "x.tflite", "--boards", "host", "--boards", BOARD), _compiling),
        (("validate", "x.tflite", "--board", BOARD, "--samples", "100000"), _emulator),
        (("bench", "x.tflite", "--board", BOARD), _compiling),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c_ends_all_of_it(
    tmp_path: Path, verb: tuple[str, ...], begun: Callable[[Path], bool]
) -> None:
    board = boards.load(BOARD)
    need("make", "gcc", board.build.toolchain, qemu.program(board), "setpriv")
    tiny_model.write(tmp_path / "x.tflite")
    slow = begun is _compiling
    running = _start(tmp_path, verb, _slow_compilers(tmp_path) if slow else "")
    _await(lambda: begun(tmp_path), running)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == STOPPED, errors
    assert "Traceback" not in errors
    assert "stopped" in errors
    _await(lambda: not all_of(tmp_path))  # a compiler removes its file first
    again = tuple("5" if word == "100000" else word for word in verb)
    done = _start(tmp_path, again)
    _, errors = done.communicate(timeout=PATIENCE_S)
    assert done.returncode == 0, errors
    assert not end_all_of(tmp_path)


def _slow_compilers(folder: Path) -> str:
    """A folder for the PATH."""
    for name in ("gcc", boards.load(BOARD).build.toolchain):
        path = folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(SLOW.format(real=shutil.which(name), folder=folder))
        path.chmod(0o755)
    return f"{folder / 'bin'}:"


def _start(folder: Path, verb: tuple[str, ...], before: str = "") -> subprocess.Popen[str]:
    """The verb; ``before``: of the PATH."""
    workspace = str(folder / "build")  # so that an emulator's command line names the folder
    path = {"PYTHONPATH": str(CHECKOUT), "PATH": before + os.environ["PATH"]}
    return subprocess.Popen(
        [sys.executable, "-m", "tinyedge", *verb, "--workspace", workspace],
        cwd=folder,
        env={**os.environ, **path},
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
