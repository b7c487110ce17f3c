"""The devices that the suite runs on: ``--device host``, a board's id, or the URL of a device that
already runs the firmware of tests/support/fixture_firmware.py; several may be given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import fixture_firmware
from tests.support.fixture_firmware import Target
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.flash import qemu

EMULATED = tuple(name for name in boards.available() if boards.load(name).flash.method == "qemu")
DEVICES = ("host", *EMULATED)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        given = metafunc.config.getoption("--device") or list(DEVICES)
        metafunc.parametrize("target", given, indirect=True, scope="session")


@pytest.fixture(scope="session")
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The device, started if it can be."""
    name = request.param
    if name not in boards.available():
        yield Target(name, None)
        return
    board = boards.load(name)
    if board.flash.method not in ("host", "qemu"):
        pytest.skip(f"{name} is a real board: flash it, and give its port as --device")
    need("make", board.build.toolchain)
    if board.flash.method == "qemu":
        need(qemu.program(board))
    folder: Path = tmp_path_factory.mktemp(name)
    with flash.run(fixture_firmware.made(folder, board), board) as device:
        yield Target(device.url, board)
