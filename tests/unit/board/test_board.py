"""Board files: those of the project are right, and each wrong one is refused with the reason."""

import shutil
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

from tinyedge import board as boards
from tinyedge import config
from tinyedge.board import port
from tinyedge.errors import ConfigError

INVALID = sorted((Path(__file__).resolve().parents[2] / "boards").glob("invalid_*.toml"))


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_a_wrong_board_is_refused_with_the_reason(path: Path) -> None:
    reason = path.read_text().splitlines()[0].removeprefix("# refused: ")
    with pytest.raises(ConfigError) as raised:
        boards.read(path)
    assert raised.value.message.startswith(f"{path}: ")
    assert reason in raised.value.message


def test_there_are_wrong_boards() -> None:
    assert len(INVALID) >= 18


@pytest.mark.parametrize("board_id", boards.available())
def test_every_board_of_the_project_is_right(board_id: str) -> None:
    board = boards.load(board_id)
    assert board.id == board_id
    assert board.port in port.available()


def test_an_unknown_board_has_a_near_match() -> None:
    with pytest.raises(ConfigError, match='did you mean "netduinoplus2"') as raised:
        boards.load("netduino2")
    assert "qemu-mps2-an386" in raised.value.hint


def test_a_new_board_on_a_known_port_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "my-board.toml"
    shutil.copy(INVALID[0].parents[2] / "boards" / "netduinoplus2.toml", path)
    assert boards.load(str(path)).id == "my-board"


@pytest.mark.parametrize("name", ["x" * 48, "a.toml", "pico-simulated", ".hidden", "-board"])
def test_a_name_that_no_board_can_have_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.toml"
    shutil.copy(INVALID[0].parents[2] / "boards" / "netduinoplus2.toml", path)
    with pytest.raises(ConfigError, match="at most 47"):
        boards.read(path)


def test_ticks_become_exact_instructions() -> None:
    netduino, mps2 = boards.load("netduinoplus2"), boards.load("qemu-mps2-an386")
    assert netduino.ticks_per_instruction == 1
    assert netduino.instructions(15_440) == 15_440
    assert mps2.ticks_per_instruction == Fraction(16, 5)
    # The difference of two counts is off by less than one tick, to either side.
    for count in (1, 2, 3, 15_440, 2**31 + 1):
        exact = count * Fraction(16, 5)
        assert {mps2.instructions(int(exact)), mps2.instructions(int(exact) + 1)} == {count}
    assert boards.load("host").instructions(1) is None


def test_ticks_are_not_scaled_where_the_timer_does_not_follow_instructions() -> None:
    board = boards.load("netduinoplus2")
    timer = msgspec.structs.replace(board.timer, measures="cycles")
    assert msgspec.structs.replace(board, timer=timer).instructions(5) is None


@pytest.mark.parametrize(("text", "size"), [(5, 5), ("5", 5), ("4K", 4096), ("2M", 2_097_152)])
def test_sizes(text: int | str, size: int) -> None:
    assert config.parse_size(text) == size


@pytest.mark.parametrize("text", [0, -1, "", "K", "4k", "4KB", "1.5M", "0", "4 K", "-4K"])
def test_what_is_no_size(text: int | str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        config.parse_size(text)
