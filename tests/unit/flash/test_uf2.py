"""UF2 files, and the drive that they are copied to."""

import struct
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.board.tables import Uf2
from tinyedge.errors import ConfigError, ToolError
from tinyedge.flash import image, uf2

PICO = Uf2(family=0xE48B_FF56, volume="RPI-RP2")


def test_blocks_are_as_the_format_says() -> None:
    data = bytes(range(256)) + b"end"
    file = image.uf2(0x1000_0000, data, PICO.family)
    assert len(file) == 2 * 512
    first, second = file[:512], file[512:]
    assert first[:4] == b"UF2\n"
    assert struct.unpack("<8I", second[:32]) == (
        *(0x0A32_4655, 0x9E5D_5157, 0x2000, 0x1000_0100, 256, 1, 2, 0xE48B_FF56),
    )
    assert first[32:288] == data[:256]
    assert second[32:288] == b"end" + bytes(253)
    assert {block[288:508] for block in (first, second)} == {bytes(220)}
    assert {block[508:] for block in (first, second)} == {bytes.fromhex("306fb10a")}


def _drive(folder: Path, board_id: str) -> Path:
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(
        f"UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: {board_id}\n"
    )
    return folder


def test_the_drive_is_known_by_what_it_says(tmp_path: Path) -> None:
    pico, other = _drive(tmp_path / "a b", "RPI-RP2"), _drive(tmp_path / "c", "RP2350")
    assert uf2.drive(PICO, [tmp_path, other, pico]) == pico
    with pytest.raises(ToolError, match=r"no drive RPI-RP2 is mounted; there is .*\(RP2350\)") as e:
        uf2.drive(PICO, [other])
    assert "hold BOOTSEL" in e.value.hint
    with pytest.raises(ToolError, match="several boards"):
        uf2.drive(PICO, [pico, _drive(tmp_path / "d", "RPI-RP2")])


def test_a_bootloaders_drive_may_have_another_name_than_its_board(tmp_path: Path) -> None:
    wanted = boards.load("feather-nrf52840").flash.uf2
    assert wanted is not None
    for revision in ("D", "E"):
        made = _drive(tmp_path / revision, f"nRF52840-Feather-rev{revision}")
        assert uf2.drive(wanted, [tmp_path, made]) == made
    other = _drive(tmp_path / "sense", "nRF52840-FeatherSense-revA")
    with pytest.raises(ToolError, match="no drive FTHR840BOOT is mounted") as raised:
        uf2.drive(wanted, [other])
    assert raised.value.hint.startswith("press the board's reset button twice")
    assert raised.value.hint.endswith("/dev/disk/by-label/FTHR840BOOT")


def test_blanks_in_a_mount_point_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("/dev/sda1 /media/my\\040user/RPI-RP2 vfat rw 0 0\nproc /proc proc rw 0 0\n")
    monkeypatch.setattr(uf2, "_MOUNTS", mounts)
    assert uf2.mounted() == [Path("/media/my user/RPI-RP2"), Path("/proc")]


def test_the_firmware_of_a_pico_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("make", "arm-none-eabi-gcc")
    board = boards.load("pico")
    elf = fixture.made(tmp_path, board).elf
    drive = _drive(tmp_path / "drive", "RPI-RP2")
    monkeypatch.setattr(uf2, "mounted", lambda: [drive])
    uf2.write(elf, board)
    file = (drive / "firmware.uf2").read_bytes()
    assert struct.unpack("<I", file[12:16])[0] == board.memory.flash.origin
    assert file[32:288] == image.binary(elf)[1][:256]


def test_a_board_must_name_its_drive() -> None:
    with pytest.raises(ConfigError, match='"uf2" needs a table of its own'):
        uf2.write(Path("firmware.elf"), boards.load("bluepill"))
