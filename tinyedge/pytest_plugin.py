"""pytest's side of ``tinyedge.testing``: options, and the fixtures ``firmware`` and ``device``.

pytest imports this in every project of the environment, so that what is heavy is imported late.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tinyedge.errors import TinyedgeError
from tinyedge.workspace import Workspace

if TYPE_CHECKING:
    from tinyedge.testing import Device
    from tinyedge.workflow.devices import Built

_LOCK = ".tests.lock"
_INI = {
    "tinyedge_model": ("", "A recipe's name, or a recipe or .tflite relative to this file"),
    "tinyedge_board": ("host", "The board, where --tinyedge-board does not say"),
    "tinyedge_runtime": ("", "aot or tflm, where --tinyedge-runtime does not say"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, and the keys of pytest's ini file."""
    group = parser.getgroup("tinyedge", "int8 neural networks on a device")
    group.addoption("--tinyedge-board", metavar="ID", help="a board's id or .toml")
    group.addoption("--tinyedge-runtime", choices=["aot", "tflm"], help="default: the board's")
    group.addoption(
        "--tinyedge-port",
        metavar="URL",
        action="append",
        default=[],
        help="a device that is there already: a serial port or a pyserial URL; "
        "once for each worker of pytest-xdist",
    )
    group.addoption(
        "--tinyedge-flash",
        action="store_true",
        help="put the firmware on the board at --tinyedge-port first",
    )
    group.addoption(
        "--tinyedge-device-key",
        metavar="FILE",
        help="the device's own key: the firmware is built with it, and spoken to with it",
    )
    group.addoption("--tinyedge-workspace", metavar="DIR", help="default: build below the rootdir")
    for name, (default, text) in _INI.items():
        parser.addini(name, text, default=default)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse more workers than ports: two that share a board would disturb each other."""
    given = config.getoption("tinyedge_port")
    workers = getattr(config.option, "numprocesses", None) or 1
    if given and workers > len(given):
        raise pytest.UsageError(
            f"{workers} workers but {len(given)} --tinyedge-port: give one for each worker, "
            f"or -n {len(given)}"
        )


@pytest.fixture(scope="session")
def tinyedge_model(pytestconfig: pytest.Config) -> str:
    """The model under test. Override it, with scope "session", to choose or parametrize."""
    found: str = pytestconfig.getini("tinyedge_model")
    if not found:
        # pytest takes the value of "--option PATH" for the folder to look for its ini file in.
        read = pytestconfig.inipath or "none was read; write --tinyedge-...=VALUE with an ="
        pytest.fail(
            f"tinyedge: no model: set tinyedge_model in pytest's ini file ({read}), "
            "or override the fixture tinyedge_model",
            pytrace=False,
        )
    folder = pytestconfig.inipath.parent if pytestconfig.inipath else pytestconfig.rootpath
    path = folder / found
    return str(path) if path.exists() else found


@pytest.fixture(scope="session")
def firmware(tinyedge_model: str, pytestconfig: pytest.Config) -> Built:
    """The model's firmware for the board, compiled and measured: a ``tinyedge.testing.Built``."""
    from tinyedge import testing  # noqa: PLC0415

    root = pytestconfig.getoption("tinyedge_workspace") or pytestconfig.rootpath / "build"
    workspace = Workspace(Path(root))
    with _told(), _alone(workspace):
        return testing.build(
            tinyedge_model,
            _setting(pytestconfig, "tinyedge_board"),
            _setting(pytestconfig, "tinyedge_runtime") or None,
            workspace,
            pytestconfig.getoption("tinyedge_device_key"),
        )


@pytest.fixture(scope="session")
def device(firmware: Built, pytestconfig: pytest.Config) -> Iterator[Device]:
    """A device that runs the firmware: a ``tinyedge.testing.Device``.

    The one at this worker's --tinyedge-port; else an emulated one, started for these tests, or the
    real board that is plugged in, flashed for them.
    """
    from tinyedge import flash  # noqa: PLC0415
    from tinyedge.testing import Device  # noqa: PLC0415

    port = _port(pytestconfig)
    if port and not pytestconfig.getoption("tinyedge_flash"):
        yield Device(firmware, port)
        return
    built = firmware.firmware
    started = flash.run(firmware.artifact, built.board, port, keys=built.keys)
    with _told():
        running = started.__enter__()
    try:
        yield Device(firmware, running.url)
    finally:
        started.__exit__(None, None, None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    """Show what the device has said during a test that failed."""
    outcome = yield
    used = getattr(item, "funcargs", {}).get("device")
    log = getattr(used, "log", None)
    if not log or type(used).__module__ != "tinyedge.testing":
        return
    report: pytest.TestReport = outcome.get_result()
    if report.failed:
        report.sections.append(("the device's log", "\n".join(text.rstrip() for text in log)))
    if call.when == "teardown":
        log.clear()


def _setting(config: pytest.Config, name: str) -> str:
    """The option, or else the ini file's."""
    found: str = config.getoption(name) or config.getini(name)
    return found


def _port(config: pytest.Config) -> str:
    """The port of this worker of pytest-xdist; empty if none was given."""
    ports: list[str] = config.getoption("tinyedge_port")
    worker = getattr(config, "workerinput", {}).get("workerid", "gw0")
    return ports[int(worker.removeprefix("gw")) % len(ports)] if ports else ""


@contextmanager
def _told() -> Iterator[None]:
    """What the user must fix is a message, not a traceback."""
    try:
        yield
    except TinyedgeError as error:
        pytest.fail(f"tinyedge: {error}", pytrace=False)


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """One worker builds, the others find it built."""
    workspace.root.mkdir(parents=True, exist_ok=True)
    with (workspace.root / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
