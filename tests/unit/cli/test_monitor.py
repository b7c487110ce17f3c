"""``tinyedge monitor`` refuses what it would not use, and writes no board."""

import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tinyedge import board as boards
from tinyedge import flash
from tinyedge.cli import cli, main
from tinyedge.errors import ConfigError, LinkError
from tinyedge.flash import ports
from tinyedge.keys import device as device_keys
from tinyedge.results import ErrorReport
from tinyedge.results.codec import schema_of
from tinyedge.workflow import watching

KEY = "--device-key"


@pytest.mark.parametrize(
    "option",
    [
        (KEY,),
        ("--feed", "50"),
        ("--data", "."),
        ("--shift", "invert"),
        ("--psi", "1", "2"),
        ("--ks", "0", "1"),
        ("--chance", "0.1"),
        ("--prometheus", "0"),
    ],
    ids=lambda option: option[0],
)
def test_an_option_that_only_a_look_at_the_counts_uses_is_refused(
    option: tuple[str, ...], tmp_path: Path
) -> None:
    if option == (KEY,):
        option = (KEY, str(device_keys.make(tmp_path, "shed-1")))
    told = tmp_path / "told.json"
    done = CliRunner().invoke(
        cli, ["monitor", "digits-cnn", "--seconds", "0", "--json", str(told), *option]
    )
    assert isinstance(done.exception, ConfigError)
    assert f"has no use for {option[0]}: " in done.exception.message
    assert done.exception.hint == f"add --drift, or leave {option[0]} out"
    assert not told.exists()


def test_a_port_that_is_none_is_an_error_not_a_device_that_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told.json"
    argv = ["monitor", "digits-cnn", "--board", "host", "--port", str(tmp_path / "ttyNONE")]
    monkeypatch.setattr(sys, "argv", ["tinyedge", *argv, "--json", str(told)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    error = msgspec.json.decode(told.read_bytes())
    assert error["schema"] == schema_of(ErrorReport)
    assert "there is no port" in error["message"]


@pytest.mark.parametrize("option", ["--psi", "--ks"])
def test_thresholds_without_an_alarm_are_refused(option: str, tmp_path: Path) -> None:
    argv = ["monitor", "digits-cnn", "--board", "host", "--drift", "--workspace", str(tmp_path)]
    done = CliRunner().invoke(cli, [*argv, option, "nan", "nan"])
    assert isinstance(done.exception, ConfigError)
    assert f"{option} nan nan: a threshold is to be a finite number" in done.exception.message


@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize("option", ["--every", "--seconds"])
def test_a_time_that_never_ends_is_refused(option: str, value: str, tmp_path: Path) -> None:
    argv = ["monitor", "digits-cnn", "--board", "host", "--drift", "--workspace", str(tmp_path)]
    done = CliRunner().invoke(cli, [*argv, option, value])
    assert done.exit_code == 2
    assert f"'{option}': {value} is not a finite number" in done.output


def test_samples_that_are_not_sent_are_refused(tmp_path: Path) -> None:
    argv = ["monitor", "digits-cnn", "--board", "host", "--drift", "--workspace", str(tmp_path)]
    done = CliRunner().invoke(cli, [*argv, "--data", ".", "--shift", "invert"])
    assert isinstance(done.exception, ConfigError)
    assert done.exception.message.endswith("has no use for --data and --shift")
    assert done.exception.hint == "add --feed COUNT, or leave --data and --shift out"


def test_the_only_board_that_is_plugged_in_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [("/dev/ttyUSB1", (0x10C4, 0xEA60))]
    monkeypatch.setattr(ports, "_comports", lambda: there)
    assert watching.left(boards.load("esp32"), tmp_path, None, "") == "/dev/ttyUSB1"
    there += [("/dev/ttyUSB2", (0x1A86, 0x7523))]
    with pytest.raises(LinkError, match="several boards are plugged in"):
        watching.left(boards.load("esp32"), tmp_path, None, "")
    assert watching.left(boards.load("esp32"), tmp_path, "/dev/ttyUSB2", "") == "/dev/ttyUSB2"


@pytest.mark.parametrize("feed", [(), ("--feed", "50")], ids=["as-it-runs", "fed"])
def test_no_board_is_written_to_be_watched(
    feed: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flash, "_start", lambda *_, **__: pytest.fail("a board is written"))
    monkeypatch.setattr(ports, "_comports", list)
    argv = ["monitor", "digits-cnn", "--board", "esp32-bare", "--drift", *feed]
    done = CliRunner().invoke(cli, [*argv, "--workspace", str(tmp_path)])
    assert isinstance(done.exception, LinkError)
    assert "no board is plugged in" in done.exception.message
    assert (
        'with "tinyedge flash digits-cnn --board esp32-bare --feature monitor"'
        in done.exception.hint
    )
    assert not list(tmp_path.iterdir())  # nothing was trained or built for it
