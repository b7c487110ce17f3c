"""Firmware that a boot ROM loads: the image that esptool makes, and what is written beside it."""

import importlib.util
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from elftools.elf.elffile import ELFFile

from tests.support import fixture_firmware as fixture
from tests.support.fake_tools import FakeTools, printing
from tests.support.tools import missing, need
from tinyedge import board as boards
from tinyedge import flash, tool
from tinyedge.board import Board
from tinyedge.build import Artifact
from tinyedge.errors import CheckFailed, TinyedgeError, ToolError
from tinyedge.flash import esp_image, esptool

BOARDS = ("esp32-bare", "esp32s3-bare")
CHIPS = {"esp32-bare": 0, "esp32s3-bare": 9}
WRITES = """
if "elf2image" in sys.argv:
    Path(sys.argv[sys.argv.index("-o") + 1]).write_bytes(bytes(8192))
"""


@pytest.fixture(scope="module", params=BOARDS)
def board(request: pytest.FixtureRequest) -> Board:
    return boards.load(request.param)


@pytest.fixture(scope="module")
def made(board: Board, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", board.build.toolchain, "llc-22", "llvm-mc-22", "xtensa-lx106-elf-ld")
    return fixture.made(tmp_path_factory.mktemp(board.id), board)


def _segments(image: bytes) -> Iterator[tuple[int, bytes]]:
    """Load address and content of each segment of an image that a boot ROM loads."""
    at = 24
    for _ in range(image[1]):
        address, size = struct.unpack_from("<2I", image, at)
        yield address, image[at + 8 : at + 8 + size]
        at += 8 + size


def test_esptool_makes_an_image_of_what_is_in_ram(
    made: Artifact, board: Board, tmp_path: Path
) -> None:
    if importlib.util.find_spec("esptool") is None:
        missing("the Python package esptool")
    settings = board.flash.esptool
    assert settings is not None
    loaded, path = tmp_path / "loaded.elf", tmp_path / "image.bin"
    loaded.write_bytes(esp_image.split(made.elf, board)[0])
    name, *arguments = esp_image.argv("esptool", settings.chip, loaded, path)
    tool.run([sys.executable, "-m", name, *arguments])
    image = path.read_bytes()
    assert (image[0], image[2], image[12]) == (0xE9, 2, CHIPS[board.id])
    found = dict(_segments(image))
    with made.elf.open("rb") as stream:
        elf = ELFFile(stream)
        assert int.from_bytes(image[4:8], "little") == elf["e_entry"]
        for section in ".text", ".data":
            there = elf.get_section_by_name(section)
            assert there is not None
            content = found.pop(int(there["sh_addr"]))
            assert content.rstrip(b"\0") == there.data().rstrip(b"\0")
    assert found == {}


def test_the_rest_is_as_it_is_mapped(made: Artifact, board: Board) -> None:
    _, constants = esp_image.split(made.elf, board)
    with made.elf.open("rb") as stream:
        section = ELFFile(stream).get_section_by_name(".rodata")
        assert section is not None
        at = int(section["sh_addr"]) - board.memory.flash.origin
        assert constants[at:] == section.data()
    assert b"ccount" in constants


def test_both_are_written_where_the_board_says(
    made: Artifact, board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    tools.add("esptool", WRITES)
    flash._write(made, board, "/dev/ttyUSB0")
    settings, folder = board.flash.esptool, made.elf.parent
    assert settings is not None
    image = str(folder / "firmware.bin")
    make, write = tools.calls()
    assert make == [
        "esptool",
        *esp_image.argv("", settings.chip, folder / "loaded.elf", Path(image))[1:],
    ]
    constants = folder / "constants.bin"
    assert write[-5:] == ["write_flash", hex(settings.image_at), image, "0x40000", str(constants)]
    assert constants.read_bytes() == esp_image.split(made.elf, board)[1]


def test_an_image_that_reaches_the_constants_is_refused(
    made: Artifact, board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = FakeTools(tmp_path / "bin", monkeypatch)
    tools.add("esptool", WRITES)
    near = msgspec.structs.replace(board, peripherals={esp_image.CONSTANTS: 0x1000})
    with pytest.raises(CheckFailed, match="its constants begin after") as raised:
        esptool.write_bare(made.elf, near, "/dev/ttyUSB0")
    assert "raise peripherals.constants_at" in raised.value.hint
    tools.add("esptool", printing("A fatal error occurred: no", 2))
    with pytest.raises(TinyedgeError, match="A fatal error occurred: no"):
        esptool.write_bare(made.elf, board, "/dev/ttyUSB0")
    assert all("elf2image" in call for call in tools.calls())


def test_what_is_no_elf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.elf").write_bytes(b"no")
    with pytest.raises(ToolError, match="not a readable ELF"):
        esp_image.split(tmp_path / "x.elf", boards.load("esp32-bare"))
