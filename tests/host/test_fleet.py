"""``validate`` over several devices at once: one that fails does not stop the others."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support import tiny_model
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash, results
from tinyedge.cli import cli
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.results import FleetReport
from tinyedge.workflow import devices, pipeline
from tinyedge.workflow.devices import Built
from tinyedge.workspace import Workspace

HOST = boards.load("host")
DEAD = "socket://127.0.0.1:1"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("fleet")
    workspace = Workspace(folder / "build")
    model = pipeline.resolve(str(tiny_model.write(folder / "x.tflite")))
    loaded = pipeline.load(model, workspace)
    return devices.build(pipeline.generate(loaded, HOST, "aot", workspace))


@pytest.fixture
def urls(built: Built) -> Iterator[list[str]]:
    """Three devices with the firmware."""
    with contextlib.ExitStack() as running:
        yield [running.enter_context(flash.run(built.artifact, HOST)).url for _ in range(3)]


def _validate(built: Built, urls: list[str], json: Path) -> Result:
    build = built.firmware.target.parents[2]
    ports = [word for url in urls for word in ("--port", url)]
    fixed = ["--board", "host", "--samples", "20", "--workspace", str(build), "--json", str(json)]
    return CliRunner().invoke(cli, ["validate", str(build.parent / "x.tflite"), *fixed, *ports])


def test_all_devices_get_all_samples(built: Built, urls: list[str], tmp_path: Path) -> None:
    done = _validate(built, urls, tmp_path / "x.json")
    assert done.exit_code == 0, done.output
    found = results.read(tmp_path / "x.json", FleetReport)
    assert [device.url for device in found.devices] == urls
    assert all(device.validate and device.validate.samples == 20 for device in found.devices)
    assert found.held
    assert "3 of 3 devices answer as the TFLM reference" in done.output
    assert results.read(built.firmware.target / "fleet.json", FleetReport) == found


def test_one_that_fails_is_told_and_the_others_go_on(
    built: Built, urls: list[str], tmp_path: Path
) -> None:
    done = _validate(built, [urls[0], DEAD, urls[1]], tmp_path / "x.json")
    assert isinstance(done.exception, CheckFailed)
    assert DEAD in done.exception.message
    first, dead, last = results.read(tmp_path / "x.json", FleetReport).devices
    assert dead.validate is None
    assert "nothing answers" in dead.problem
    for device in (first, last):
        assert device.validate is not None
        assert (device.validate.samples, device.validate.held) == (20, True)
    assert "2 of 3 devices" in done.output


def test_a_device_named_twice_is_refused(built: Built, urls: list[str], tmp_path: Path) -> None:
    done = _validate(built, [urls[0], urls[0]], tmp_path / "x.json")
    assert isinstance(done.exception, ConfigError)
    assert "named twice" in done.exception.message
