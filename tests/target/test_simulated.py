"""Firmware of real boards in the simulator LabWired: a handful of inferences, byte for byte."""

import dataclasses
import importlib.util
import random
import struct
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, missing, need
from tinyedge import board as boards
from tinyedge import build, flash, tool
from tinyedge.errors import ConfigError, LinkError
from tinyedge.flash import esp_image
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.session import Session
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace

SIMULATED = [
    board.id for board in map(boards.load, boards.available()) if board.simulator is not None
]
BOOTED = "esp32s3-bare"
RESET_OF_S3, UNUSED_RAM_OF_S3 = 0x4000_0400, 0x3FCE_C000
DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("make", "setpriv")
    if importlib.util.find_spec("labwired") is None:
        missing("the Python package labwired")


def _board(name: str) -> boards.Board:
    board = boards.load(f"{name}-simulated")
    need(board.build.toolchain)
    return board


def test_there_are_simulated_boards() -> None:
    assert {"nrf52840dk", "nano33ble", "stm32f4-discovery", "bluepill", "pico", "pico2"} < set(
        SIMULATED
    )
    assert {"esp32-bare", "esp32s3-bare", "esp32c3-bare", "esp32c6-bare"} < set(SIMULATED)


@pytest.mark.parametrize("name", SIMULATED)
def test_the_ports_of_real_boards_start_and_answer(name: str, tmp_path: Path) -> None:
    board, rng = _board(name), random.Random(7)
    artifact = fixture.made(tmp_path, board)
    with flash.run(artifact, board) as device, Session(device.url) as session:
        assert session.hello.board == board.id
        for _ in range(2):
            inputs = [bytes([rng.randrange(0x70)]) + rng.randbytes(783), rng.randbytes(5)]
            answer = session.infer(inputs)
            fixture.check(inputs, answer.outputs)
            assert answer.ticks > 1000
        status = session.status()
    assert (status.inferences, status.damaged, status.overruns) == (2, 0, 0)
    assert 200 < status.stack_peak < board.memory.stack_bytes


def _built(name: str, folder: Path) -> devices.Built:
    workspace = Workspace(folder)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace)
    return devices.build(pipeline.generate(loaded, _board(name), "aot", workspace))


def _prove(built: devices.Built, url: str) -> None:
    proof = devices.validate(
        built,
        url,
        count=2,
        vectors=None,
        progress=lambda _done, _total: None,
        on_log=lambda _text: None,
    )
    assert (proof.samples, proof.mismatches) == (2, 0)


@pytest.mark.parametrize("name", sorted({*SIMULATED} - {BOOTED}))
def test_a_model_answers_as_the_reference(name: str, tmp_path: Path) -> None:
    built = _built(name, tmp_path)
    with devices.device(built, None) as url:
        _prove(built, url)
    with pytest.raises(ConfigError, match="the simulator's clock is not the board's"):
        devices.require_clock(built.firmware.board)


def test_the_boot_rom_loads_what_esptool_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LabWired has an ESP32-S3's own boot ROM: from its reset on, with the flash as it is written.

    What esptool has made of the code is at the start of flash, and the constants further on.
    """
    if importlib.util.find_spec("esptool") is None:
        missing("the Python package esptool")
    built, board = _built(BOOTED, tmp_path), boards.load(BOOTED)
    settings = board.flash.esptool
    assert settings is not None
    code, constants = esp_image.split(built.artifact.elf, board)
    loaded, image = tmp_path / "loaded.elf", tmp_path / "image.bin"
    loaded.write_bytes(code)
    _, *arguments = esp_image.argv("esptool", settings.chip, loaded, image)
    tool.run([sys.executable, "-m", "esptool", *arguments])
    at = board.peripherals[esp_image.CONSTANTS]
    written = tmp_path / "flash.bin"
    written.write_bytes(image.read_bytes().ljust(at, b"\xff") + constants)
    reset = tmp_path / "reset.elf"
    reset.write_bytes(_empty(RESET_OF_S3, UNUSED_RAM_OF_S3))
    monkeypatch.setenv("LABWIRED_ESP32S3_FLASH", str(written))
    monkeypatch.setenv("LABWIRED_ESP32S3_MMU_XIP", "1")
    artifact = dataclasses.replace(built.artifact, elf=reset)
    with flash.run(artifact, built.firmware.board) as device:
        _prove(built, device.url)


def _empty(entry: int, at: int) -> bytes:
    """An ELF for Xtensa that begins at ``entry`` and loads a word at ``at``."""
    head, segment, xtensa, word = 52, 32, 94, 4
    ident = b"\x7fELF\1\1\1".ljust(16, b"\0")
    file = struct.pack("<16s2H5I", ident, 2, xtensa, 1, entry, head, 0, 0)
    sizes = struct.pack("<6H", head, segment, 1, 0, 0, 0)
    load = struct.pack("<8I", 1, head + segment, at, at, word, word, 6, 4)
    return file + sizes + load + bytes(word)


def test_an_esp32_counts_over_its_timers_turns_and_tells_registers(tmp_path: Path) -> None:
    board, turn = _board("esp32-bare"), 1 << 12
    folder = fixture.write(tmp_path / "firmware", board)
    _replace(folder / "port" / "esp.h", "(1 << 26)", f"({turn})")
    wild = "*(volatile uint32_t *)(uintptr_t)0xfffffff0u = 1"
    call = '__asm__ volatile("movi a2, 1234; movi a3, 3; syscall" ::: "a2", "a3")'
    _replace(folder / "model" / "model.c", wild, call)  # of exceptions, LabWired has this one
    with (
        flash.run(build.build(folder, board), board) as device,
        Session(device.url) as session,
    ):
        first, second = (session.infer([bytes(784), bytes(5)]).ticks for _ in range(2))
        assert first == second > 4 * turn
        told = "crashed: exception 0x00000001, .* a2 0x000004d2, a3 0x00000003, .* a15 0x"
        with pytest.raises(LinkError, match=told):
            session.infer([b"\x7d" + bytes(783), bytes(5)])


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_real_board_repeats_the_report_of_its_fault(tmp_path: Path) -> None:
    board = _board("bluepill")
    # A slow clock, for the time between reports is counted in its cycles.
    board = msgspec.structs.replace(
        board, cpu=msgspec.structs.replace(board.cpu, clock_hz=16_000_000)
    )
    artifact = fixture.made(tmp_path, board)
    quick = Deadlines(30, 30, 30, repeat_s=0.2, repeat_most_s=0.5)
    with flash.run(artifact, board) as device:
        with (
            Session(device.url, deadlines=quick) as session,
            pytest.raises(LinkError, match="crashed: exception 0x00000003, cfsr 0x"),
        ):
            session.infer([b"\x7d" + bytes(783), bytes(5)])
        with pytest.raises(LinkError, match="crashed: exception 0x00000003, cfsr 0x"):
            Session(device.url, deadlines=quick)


def test_a_trap_of_an_esp_goes_through_its_table_to_a_report(tmp_path: Path) -> None:
    board = _board("esp32c3-bare")
    folder = fixture.write(tmp_path / "firmware", board)
    model, wild = folder / "model" / "model.c", "*(volatile uint32_t *)(uintptr_t)0xfffffff0u = 1"
    text = model.read_text()
    assert wild in text  # at which the simulator would end
    model.write_text(text.replace(wild, '__asm__ volatile("li a7, 0x7e57\\n ecall" ::: "a7")'))
    artifact = build.build(folder, board)
    with flash.run(artifact, board) as device, Session(device.url) as session:
        expected = r"crashed: exception 0x0000000b, mtval 0x\w{8}, ra 0x42\w{6}, sp 0x3fc8\w{4}, .*"
        with pytest.raises(LinkError, match=expected + "a7 0x00007e57 at 0x4200"):
            session.infer([b"\x7d" + bytes(783), bytes(5)])
