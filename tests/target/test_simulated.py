"""Firmware of real boards in the simulator LabWired: a handful of inferences, byte for byte."""

import importlib.util
import random
from pathlib import Path

import msgspec
import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, missing, need
from tinyedge import board as boards
from tinyedge import build, devices, flash, pipeline
from tinyedge.errors import ConfigError, LinkError
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.session import Session
from tinyedge.workspace import Workspace

SIMULATED = [
    board.id for board in map(boards.load, boards.available()) if board.simulator is not None
]
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


@pytest.mark.parametrize("name", SIMULATED)
def test_a_model_answers_as_the_reference(name: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace)
    built = devices.build(pipeline.generate(loaded, _board(name), "aot", workspace))
    with devices.device(built, None) as url:
        proof = devices.validate(
            built,
            url,
            count=2,
            vectors=None,
            progress=lambda _done, _total: None,
            on_log=lambda _text: None,
        )
    assert (proof.samples, proof.mismatches) == (2, 0)
    with pytest.raises(ConfigError, match="the simulator's clock is not the board's"):
        devices.require_clock(built.firmware.board)


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
