"""The mark for power monitors: on each port's pin, around each inference, and nowhere else."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, missing, need
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.build import Artifact
from tinyedge.emit.features import MARK
from tinyedge.emit.mlperf import Protocol
from tinyedge.errors import ConfigError
from tinyedge.link import protocol as p
from tinyedge.link.mlperf import Client
from tinyedge.link.session import Session
from tinyedge.recipe import Compile
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace

DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
MARKED = Compile(features=("mark",))
RUNS = 3


def _built(
    board_id: str, folder: Path, given: Compile = MARKED, protocol: Protocol = "tinyedge"
) -> tuple[boards.Board, Artifact]:
    board = boards.load(board_id)
    need("make", board.build.toolchain)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS), given), Workspace(folder))
    firmware = pipeline.generate(loaded, board, "aot", Workspace(folder), protocol)
    return firmware.board, build.build(firmware.folder, board)


def _infer(url: str) -> None:
    with Session(url) as session:
        assert session.hello.features & p.Feature.MARK
        for _ in range(RUNS):
            session.infer([bytes(64)])


def test_the_hosts_marks_go_where_they_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, artifact = _built("host", tmp_path)
    monkeypatch.setenv("TE_MARKS", str(tmp_path / "marks"))
    with flash.run(artifact, board) as device:
        _infer(device.url)
    assert (tmp_path / "marks").read_text() == "0" + "10" * RUNS


def test_an_emulated_pin_is_high_while_the_model_runs(tmp_path: Path) -> None:
    need("qemu-system-arm")
    board, artifact = _built("netduinoplus2", tmp_path)
    log, pin = tmp_path / "log", board.peripherals["mark_pin"]
    with flash.run(artifact, board, options=["-d", "unimp", "-D", str(log)]) as device:
        _infer(device.url)
    written = re.findall(
        rf"GPIO{'ABCDE'[pin // 16]}: unimplemented device write \(size 4, offset 0x018, value "
        r"(0x[0-9a-f]+)\)",
        log.read_text(),
    )
    low, high = 1 << pin % 16 + 16, 1 << pin % 16
    assert [int(value, 16) for value in written] == [low] + [high, low] * RUNS


def test_energy_mode_stamps_the_time_on_the_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, artifact = _built("host", tmp_path, Compile(), "mlperf-energy")
    assert board.link.baud == 9600
    monkeypatch.setenv("TE_MARKS", str(tmp_path / "marks"))
    with flash.run(artifact, board, greet=False) as device, Client(device.url, 9600) as client:
        client.load(bytes(64))
        answer = client.infer(RUNS, 1)
        assert answer.lap_us is None
        assert len(answer.results) == 10
    assert (tmp_path / "marks").read_text() == "01" + "01" * (1 + 2)  # start, and around all


@pytest.mark.parametrize(
    "name", ["nrf52840dk", "pico", "pico2", "stm32f4-discovery", "esp32c3-bare"]
)
def test_the_ports_of_real_boards_mark_in_a_simulator(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("labwired") is None:
        missing("the Python package labwired")
    board = boards.load(f"{name}-simulated")
    need("make", board.build.toolchain, "setpriv")
    artifact = fixture.made(tmp_path, board, selected=(MARK,))
    assert "te_port_mark" in artifact.map.read_text()
    with flash.run(artifact, board) as device, Session(device.url) as session:
        assert session.hello.features & p.Feature.MARK
        inputs = [bytes(784), bytes(5)]
        fixture.check(inputs, session.infer(inputs).outputs)


def test_a_real_port_has_it_where_it_is_asked_for_alone(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    _, energy = _built("nucleo-f446re", tmp_path / "energy", Compile(), "mlperf-energy")
    assert "te_port_mark" in energy.map.read_text()
    plain = fixture.made(tmp_path, boards.load("nucleo-f446re"))
    assert "te_port_mark" not in plain.map.read_text()


@pytest.mark.parametrize("given", [(MARKED, "tinyedge"), (Compile(), "mlperf-energy")])
def test_a_board_without_a_pin_is_refused(given: tuple[Compile, Protocol], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="qemu-mps2-an386: no pin marks what runs"):
        _built("qemu-mps2-an386", tmp_path, *given)


def test_the_mark_changes_no_ticks(tmp_path: Path) -> None:
    need("qemu-system-arm")
    ticks = set()
    for given in (MARKED, Compile()):
        board, artifact = _built("netduinoplus2", tmp_path / str(len(given.features)), given)
        with flash.run(artifact, board) as device, Session(device.url) as session:
            ticks.add(session.infer([np.zeros(64, np.int8).tobytes()]).ticks)
    assert len(ticks) == 1
