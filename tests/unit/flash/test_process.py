"""Device processes end when they are told to, and no other process ever does."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.tools import need
from tinyedge.flash import process
from tinyedge.flash.process import Process

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True)\n"
    "time.sleep(600)",
]


def started(argv: list[str], log: Path, owned: bool = False) -> Process:
    remember = None if owned else lambda *_: None
    return process.start(lambda _: argv, lambda _: {}, log, remember)[0]


def eventually(holds: Callable[[], bool], limit_s: float = 120.0) -> bool:
    end = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_a_process_ends_when_stopped(tmp_path: Path) -> None:
    device = started(SLEEP, tmp_path / "log")
    assert process.alive(device)
    process.stop(device)
    assert not process.alive(device)
    process.stop(device)


def test_a_process_that_ignores_being_asked_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_TERM_S", 0.2)
    device = started(STUBBORN, tmp_path / "log")
    assert eventually(lambda: (tmp_path / "log").read_text() == "\n")
    process.stop(device)
    assert not process.alive(device)


def test_another_process_with_the_same_pid_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(SLEEP)
    try:
        earlier = Process(other.pid, started=1)
        assert not process.alive(earlier)
        process.stop(earlier)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_process_that_ended_by_itself_is_not_alive(tmp_path: Path) -> None:
    device = started([sys.executable, "-c", ""], tmp_path / "log")
    assert eventually(lambda: not process.alive(device))


def test_an_end_is_waited_for(tmp_path: Path) -> None:
    device = started(SLEEP, tmp_path / "log")
    assert not process.ends(device, 0.1)
    process.stop(device)
    assert process.ends(device, 0.0)
    ending = started([sys.executable, "-c", "import time; time.sleep(1)"], tmp_path / "log")
    assert process.ends(ending, 120.0)


def test_an_owned_process_ends_with_its_owner(tmp_path: Path) -> None:
    need("setpriv")
    code = (
        "import sys, time; from pathlib import Path; from tinyedge.flash import process\n"
        f"argv = {SLEEP!r}\n"
        "device, _ = process.start(lambda _: argv, lambda _: {}, Path(sys.argv[1]))\n"
        "print(device.pid, device.started, flush=True); time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    device = Process(*map(int, owner.stdout.readline().split()))
    assert process.alive(device)
    owner.kill()
    owner.wait()
    assert eventually(lambda: not process.alive(device))


def test_a_port_is_bound_before_the_process_starts(tmp_path: Path) -> None:
    """The process inherits a listening socket, so that two devices cannot want one port."""
    seen: list[int] = []

    def argv(descriptor: int) -> list[str]:
        seen.append(descriptor)
        code = (
            "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); print(s.getsockname())"
        )
        return [sys.executable, "-c", code, str(descriptor)]

    log = tmp_path / "log"
    _, url = process.start(argv, lambda _: {}, log, lambda *_: None)
    assert eventually(lambda: log.read_text().strip() != "")
    port = int(url.rpartition(":")[2])
    assert log.read_text().strip() == str(("127.0.0.1", port))
    assert seen


KILLED = """
import os, signal, sys
from pathlib import Path
from tinyedge.flash import process

def remember(made, url):
    print(made.pid, made.started, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

sleep = [sys.executable, "-c", "import time; open(%r, 'w'); time.sleep(600)"]
process.start(lambda _: sleep, lambda _: {}, Path(%r), remember)
"""


def test_who_is_killed_before_a_device_is_remembered_leaves_none(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = KILLED % (str(ran), str(tmp_path / "log"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == -9, done.stderr
    pid, start = map(int, done.stdout.split())
    assert eventually(lambda: not process.alive(Process(pid, start)))
    assert not ran.exists()
