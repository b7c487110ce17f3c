"""``stop`` never lets a misspelled name pass for a device that was stopped."""

import os
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tinyedge import flash
from tinyedge.cli import cli


def _left_running(folder: Path) -> None:
    """As ``flash`` does for a board that has no process here."""
    folder.mkdir(parents=True)
    state = {"url": "/dev/ttyUSB9", "board": "host", "elf_sha256": "0"}
    (folder / flash.STATE).write_bytes(msgspec.json.encode(state))


@pytest.mark.parametrize("board", ["hots", "netduinoplus2"])
def test_another_device_that_runs_is_named(board: str, tmp_path: Path) -> None:
    device = tmp_path / "digits-cnn" / "aot" / "host"
    _left_running(device)
    arguments = ["stop", "digits-cnn", "--workspace", str(tmp_path), "--board"]
    done = CliRunner().invoke(cli, [*arguments, board])
    assert done.output == (
        "no such device is running\n  but there is: digits-cnn --board host --runtime aot\n"
    )
    assert (device / flash.STATE).is_file()
    done = CliRunner().invoke(cli, [*arguments, f"boards{os.sep}host.toml"])
    assert done.output == "stopped the device at /dev/ttyUSB9\n"
