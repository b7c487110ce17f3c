"""Devices that are left running between verbs: remembered, replaced, ended."""

import sys
from pathlib import Path

import msgspec
import pytest

from tests.support import fixture_firmware
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.build import Artifact
from tinyedge.errors import ConfigError, LinkError, ToolError
from tinyedge.flash import process
from tinyedge.link.session import Session
from tinyedge.workspace import sha256

HOST = boards.load("host")


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", "gcc", "setpriv")
    return fixture_firmware.made(tmp_path_factory.mktemp("host"), HOST)


def test_a_device_stays_until_it_is_stopped(artifact: Artifact, tmp_path: Path) -> None:
    assert flash.running(tmp_path) is None
    device = flash.start(artifact, HOST, tmp_path)
    try:
        assert flash.running(tmp_path) == device
        assert device.elf_sha256 == sha256(artifact.elf.read_bytes())
        for _ in range(2):
            with Session(device.url) as session:
                assert session.hello.model == "fixture"
    finally:
        assert flash.stop(tmp_path) == device
    assert flash.running(tmp_path) is None
    assert flash.stop(tmp_path) is None
    assert device.process
    assert not process.alive(device.process)


def test_starting_again_ends_the_old_one(artifact: Artifact, tmp_path: Path) -> None:
    first = flash.start(artifact, HOST, tmp_path)
    second = flash.start(artifact, HOST, tmp_path)
    assert first.process
    assert second.process
    assert not process.alive(first.process)
    assert flash.running(tmp_path) == second
    flash.stop(tmp_path)
    assert not process.alive(second.process)


def test_a_device_that_was_halted_no_longer_runs(artifact: Artifact, tmp_path: Path) -> None:
    device = flash.start(artifact, HOST, tmp_path)
    Session(device.url).halt()
    assert device.process
    handle = device.process
    assert process.ends(handle, 120.0)
    assert flash.running(tmp_path) is None


def test_a_damaged_state_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "device.json").write_text('{"url": ')
    assert flash.running(tmp_path) is None
    assert flash.stop(tmp_path) is None
    assert not (tmp_path / "device.json").exists()


def test_a_device_for_a_while_ends_even_on_an_error(artifact: Artifact) -> None:
    with pytest.raises(ZeroDivisionError), flash.run(artifact, HOST) as device:
        raise ZeroDivisionError
    assert device.process
    assert not process.alive(device.process)


DIES = "#!/bin/sh\necho no such machine >&2\nexit 3\n"
DIES_SLOWLY = f"""#!{sys.executable}
import os, sys, time
os.close(int(os.environ["TE_LISTEN"].removeprefix("fd:")))
time.sleep(0.3)
sys.exit("no such machine")
"""


@pytest.mark.parametrize("program", [DIES, DIES_SLOWLY], ids=["at-once", "slowly"])
def test_a_device_that_dies_at_once_shows_what_it_printed(
    program: str, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flash, "_END_S", 120.0)  # a loaded machine takes its time to end it
    elf = tmp_path / "firmware.elf"
    elf.write_text(program)
    elf.chmod(0o755)
    with pytest.raises(ToolError, match="ended while it started:\nno such machine"):
        flash.start(Artifact(elf, artifact.map, tmp_path), HOST, tmp_path)
    assert flash.running(tmp_path) is None


def test_a_model_that_does_not_start_is_reported_and_leaves_no_process(tmp_path: Path) -> None:
    broken = fixture_firmware.made(tmp_path, HOST, FIXTURE_BROKEN=1)
    with pytest.raises(LinkError, match="the arena is 1024 bytes too small"):
        flash.start(broken, HOST, tmp_path)
    assert flash.running(tmp_path) is None


def test_an_unknown_method_is_refused(artifact: Artifact, tmp_path: Path) -> None:
    board = msgspec.structs.replace(HOST, flash=msgspec.structs.replace(HOST.flash, method="qemuu"))
    with pytest.raises(ConfigError, match='did you mean "qemu"'):
        flash.start(artifact, board, tmp_path)
