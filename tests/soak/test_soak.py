"""Short form of ``python -m tests.soak``, and that it notices."""

import pytest

from tests.soak import endure
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.flash import qemu
from tinyedge.link import session
from tinyedge.link.messages import Inference
from tinyedge.workflow import devices


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> devices.Built:
    board = boards.load("netduinoplus2")
    need("make", board.build.toolchain, qemu.program(board), "setpriv")
    return endure.built(board.id, "aot", tmp_path_factory.mktemp("soak"))


def test_the_same_bytes_ticks_and_memory_to_the_end(built: devices.Built) -> None:
    found = endure.run(built, 300)
    assert not found.problems, found
    assert found.answers == 300
    assert (len(found.ticks), len(found.stack_peaks)) == (endure.INPUTS, 1)
    assert set(found.memory_kb) == {"host", "device"}


def test_one_answer_that_differs_is_found(
    built: devices.Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    infer = session.Session.infer

    def worn(self: session.Session, inputs: list[bytes]) -> Inference:
        answer = infer(self, inputs)
        wrong = self.status().inferences == 100
        return Inference((bytes(10),), answer.ticks + 1) if wrong else answer

    monkeypatch.setattr(session.Session, "infer", worn)
    found = endure.run(built, 150)
    assert found.answers == 100
    assert found.problems[0] == "answer 99 is not the reference's"
    assert found.problems[1].startswith("input 35 took ")
