"""A device does not go on with memory or a model that is damaged. Each test has its own device."""

from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.tools import CHECKOUT, need
from tinyedge import board as boards
from tinyedge import flash
from tinyedge.build import Artifact
from tinyedge.errors import LinkError
from tinyedge.flash import qemu
from tinyedge.link.session import Session
from tinyedge.workflow import devices, pipeline
from tinyedge.workspace import Workspace

# One of each kind of core: the code is the same on all boards of one.
BOARDS = (
    "host",
    "netduinoplus2",
    "qemu-microbit",
    "qemu-mps3-an547",
    "qemu-riscv32",
    "qemu-xtensa",
)
DIGITS = CHECKOUT / "models" / "digits-cnn" / "golden" / "digits-cnn.tflite"
GOOD = [bytes(784), bytes(5)]
# First byte of the hand-made model's input, and what the device says of it.
STRAYS = {
    0x7C: "something has written behind the arena",
    0x7B: "something has written before the arena",
    0x7A: "the stack has been used up",
}
#: whose data breakpoint tells of the stack's end before the model returns
BREAKS_AT_THE_STACK = ("xtensa-lx6",)
DAMAGED = "the model in memory is damaged"


def _board(name: str) -> boards.Board:
    board = boards.load(name)
    need("make", board.build.toolchain)
    if board.flash.method == "qemu":
        need(qemu.program(board), "setpriv")
    return board


@pytest.fixture(scope="module", params=BOARDS)
def artifact(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Artifact, boards.Board]:
    board = _board(request.param)
    return fixture.made(tmp_path_factory.mktemp(board.id), board), board


@pytest.mark.parametrize("first", STRAYS, ids=hex)
def test_what_is_written_beside_the_arena_ends_the_trust_in_it(
    artifact: tuple[Artifact, boards.Board], first: int
) -> None:
    made, board = artifact
    if first == 0x7A and board.port == "host":
        pytest.skip("the operating system guards the end of its stack")
    with flash.run(made, board) as device, Session(device.url) as session:
        fixture.check(GOOD, session.infer(GOOD).outputs)
        if first == 0x7A and board.cpu.core in BREAKS_AT_THE_STACK:
            with pytest.raises(LinkError, match="crashed: stack overflow"):
                session.infer([bytes([first]) + bytes(783), bytes(5)])
            return
        with pytest.raises(LinkError, match=rf"MODEL \(8\): {STRAYS[first]}"):
            session.infer([bytes([first]) + bytes(783), bytes(5)])
        with pytest.raises(LinkError, match=STRAYS[first]):
            session.infer(GOOD)  # what else was overwritten, nobody knows


def test_constants_that_are_not_those_built_are_refused(tmp_path: Path) -> None:
    board = _board("host")
    made = fixture.made(tmp_path, board, FIXTURE_CRC=0xCBF43927)
    with (
        pytest.raises(LinkError, match=rf"{DAMAGED}.* \(status 7\)") as raised,
        flash.run(made, board),
    ):
        pass
    assert "flash" in raised.value.hint


@pytest.mark.parametrize("name", ["host", "netduinoplus2", "qemu-riscv32"])
def test_one_bit_of_the_weights_is_enough(name: str, tmp_path: Path) -> None:
    board, workspace = _board(name), Workspace(tmp_path)
    loaded = pipeline.load(pipeline.resolve(str(DIGITS)), workspace)
    built = devices.build(pipeline.generate(loaded, board, "aot", workspace))
    with flash.run(built.artifact, board) as device:
        Session(device.url, expect_sha256=loaded.graph.sha256).close()
    elf = built.artifact.elf
    assert built.firmware.plan is not None
    weights = max(
        (c for step in built.firmware.plan.steps for c in step.constants), key=lambda c: c.bytes
    )
    whole = elf.read_bytes()
    at = whole.index(weights.data.tobytes()) + weights.bytes // 2
    for bit in (0, 7):
        elf.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
        with pytest.raises(LinkError, match=DAMAGED), flash.run(built.artifact, board):
            pass
