"""Linker scripts of chips whose boot ROM shows flash at one address for code, one for constants."""

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.support import fixture_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.emit import board_files
from tinyedge.flash import image


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("esp32c3-bare", (0x4200_0000, 0x3C00_0000)),
        ("esp32c6-bare", (0x4200_0000,)),
        ("pico", ()),
    ],
)
def test_constants_have_a_window_where_they_are_read_elsewhere(
    name: str, windows: tuple[int, ...]
) -> None:
    board = boards.load(name)
    assert board.windows == windows
    script = board_files.files(board)["link.ld"]
    assert ("DATA  (r)" in script) == (len(windows) > 1)
    assert ("DATA AT > FLASH" in script) == (len(windows) > 1)


def test_what_is_read_as_data_lies_there_in_flash(tmp_path: Path) -> None:
    board = boards.load("esp32c3-bare")
    need("make", board.build.toolchain)
    elf = fixture.made(tmp_path, board).elf
    origin, program = image.binary(elf)
    assert origin == board.memory.flash.origin
    with elf.open("rb") as stream:
        opened = ELFFile(stream)
        constants, data = (opened.get_section_by_name(name) for name in (".rodata", ".data"))
        at, held = constants["sh_addr"] - board.windows[1], constants.data()
        initial = data.data()
        symbols = opened.get_section_by_name(".symtab")
        load = symbols.get_symbol_by_name("te_data_load")[0]["st_value"] - board.windows[1]
    assert held
    assert program[at:].startswith(held)
    assert initial
    assert program[load:] == initial
