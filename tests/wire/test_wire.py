"""Short forms of ``python -m tests.wire``, and the line itself."""

import random

import pytest

from tests.support.tools import need
from tests.wire import endure
from tests.wire.line import KINDS, FaultyLine
from tinyedge.build import Artifact


class Echo:
    """A transport that remembers what is written, and gives back what it is told to."""

    name = "echo"

    def __init__(self, *chunks: bytes) -> None:
        self.chunks, self.written = list(chunks), b""

    def read(self, timeout_s: float) -> bytes:
        return self.chunks.pop(0) if self.chunks else b""

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", "gcc")
    return endure.firmware(tmp_path_factory.mktemp("wire"))


def test_a_line_without_faults_changes_nothing() -> None:
    echo = Echo(b"abc", b"def")
    line = FaultyLine(echo, random.Random(1), 0.0)
    line.write(b"hello")
    assert echo.written == b"hello"
    assert (line.read(0), line.read(0), line.read(0)) == (b"abc", b"def", b"")


def test_the_rate_is_kept_and_every_fault_occurs() -> None:
    line = FaultyLine(Echo(), random.Random(1), 0.01)
    for _ in range(2000):
        line.write(bytes(100))
    assert set(line.faults) == set(KINDS)
    assert 0.007 < line.faults.total() / 200_000 < 0.013


def test_answers_over_a_faulty_line_are_right_and_given_once(artifact: Artifact) -> None:
    found = endure.run(artifact, 400, seed=1)
    assert not found.problems, found
    assert found.right > 300, found
    assert found.faults.total() > 20, found  # how many depends on how bytes arrive
    assert found.ended, found


def test_a_device_that_answers_wrongly_or_twice_is_found(artifact: Artifact) -> None:
    tally = endure.Tally()
    device = endure._Device("none", None, random.Random(1), tally, endure.Growth())  # type: ignore[arg-type]
    sent = [bytes(endure.FIRST), bytes(endure.SECOND)]
    right = endure.fixture.expected(*sent)
    crc = endure.fixture.zlib.crc32(b"".join(sent)).to_bytes(4, "little")
    device._judge(sent, (right, crc + (1).to_bytes(4, "little")))
    assert not tally.problems
    device._judge(sent, (right, crc + (3).to_bytes(4, "little")))
    device._judge(sent, (right[::-1], crc + (4).to_bytes(4, "little")))
    assert len(tally.problems) == 2
    assert "run 3 after 1" in tally.problems[0]
    assert "a wrong answer" in tally.problems[1]
