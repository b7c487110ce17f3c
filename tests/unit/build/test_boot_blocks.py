"""What boot ROMs look for: the RP2040's second stage and the RP2350's image definition."""

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.support import fixture_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards


def flash(elf: Path, origin: int) -> bytes:
    """All that the firmware puts in flash."""
    with elf.open("rb") as stream:
        segments = sorted(
            (segment["p_paddr"], segment.data())
            for segment in ELFFile(stream).iter_segments("PT_LOAD")
            if segment["p_filesz"]
        )
    image = bytearray()
    for address, data in segments:
        image += bytes(address - origin - len(image)) + data
    return bytes(image)


def crc32_mpeg2(data: bytes) -> int:
    """CRC-32 as the RP2040's boot ROM computes it: polynomial 0x04c11db7, nothing reflected."""
    crc = 0xFFFF_FFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C1_1DB7) & 0xFFFF_FFFF if crc >> 31 else crc << 1
    return crc


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data) // 4 * 4, 4)]


@pytest.fixture
def image(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[boards.Board, bytes]:
    need("make", "arm-none-eabi-gcc")
    board = boards.load(request.param)
    return board, flash(fixture.made(tmp_path, board).elf, board.memory.flash.origin)


def test_the_crc_is_the_one_of_its_standard() -> None:
    assert crc32_mpeg2(b"123456789") == 0x0376_E6E7


@pytest.mark.parametrize("image", ["pico"], indirect=True)
def test_the_second_stage_of_an_rp2040_has_its_crc(image: tuple[boards.Board, bytes]) -> None:
    board, data = image
    assert crc32_mpeg2(data[:252]) == words(data[252:256])[0]
    stack, reset = words(data[256:264])
    assert stack == board.memory.ram.origin + board.memory.stack_bytes
    assert reset & 1
    assert board.memory.flash.origin < reset < board.memory.flash.origin + len(data)


@pytest.mark.parametrize("image", ["pico2"], indirect=True)
def test_an_rp2350_finds_its_image(image: tuple[boards.Board, bytes]) -> None:
    board, data = image
    assert words(data)[0] == board.memory.ram.origin + board.memory.stack_bytes
    block = [0xFFFF_DED3, 0x1021_0142, 0x0000_01FF, 0, 0xAB12_3579]
    first = words(data[:4096])
    assert any(first[at : at + 5] == block for at in range(len(first)))
