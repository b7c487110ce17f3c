"""The application under AddressSanitizer and UBSan: any bytes, any order, and its ends."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import fixture_firmware as fixture
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.build import Artifact
from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport

HOST = boards.load("host")
SANITIZERS = ("address", "undefined")


class Program:
    """The firmware as a process that is watched to its end."""

    def __init__(self, elf: Path, **environment: str) -> None:
        self._process = subprocess.Popen(
            [elf],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def end(self) -> tuple[int, str]:
        """Wait for it to end by itself: exit code and what it printed as errors."""
        _, errors = self._process.communicate(timeout=120)
        return self._process.returncode, errors

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", "gcc")
    return fixture.made(tmp_path_factory.mktemp("sanitized"), HOST, SANITIZERS)


@pytest.fixture
def program(sanitized: Artifact) -> Iterator[Program]:
    started = Program(sanitized.elf)
    yield started
    started.kill()


@pytest.fixture(scope="module")
def lasting(sanitized: Artifact) -> Iterator[Program]:
    """One process for many inputs; a sanitizer's report fails the module."""
    started = Program(sanitized.elf)
    yield started
    with Session(started.url) as session:
        session.halt()
    assert started.end() == (0, "")


requests = st.builds(
    Frame,
    type=st.sampled_from([*p.Type, 0, 0x55]).filter(lambda kind: kind != p.Type.HALT),
    sequence=st.integers(0, 0xFFFF),
    payload=st.one_of(
        st.binary(max_size=600),
        st.builds(
            lambda words, rest: b"".join(word.to_bytes(4, "little") for word in words) + rest,
            st.lists(
                st.sampled_from([0, 1, 2, 5, 784, 788, 789, 790, 797, 0x7FFF_FFFF, 0xFFFF_FFFF]),
                max_size=3,
            ),
            st.binary(max_size=20).map(lambda rest: rest.replace(b"\x7d", b"\x01")),
        ),
    ),
    version=st.sampled_from([p.PROTOCOL_VERSION] * 5 + [0, 255]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(requests.map(encode), st.binary(max_size=700)), max_size=12))
def test_whatever_arrives_the_next_session_is_served(lasting: Program, noise: list[bytes]) -> None:
    port = SerialTransport(lasting.url, 115200)
    port.write(b"".join(noise))
    port.close()
    with Session(lasting.url) as session:
        sent = [bytes(784), bytes(5)]
        fixture.check(sent, session.infer(sent).outputs)


def test_the_rest_of_a_frame_that_began_before_the_device_is_not_damaged(
    program: Program,
) -> None:
    whole = encode(Frame(p.Type.STATUS, 9, bytes(40)))
    for noise, damaged in ((whole[20:], 0), (whole[20:], 1)):
        port = SerialTransport(program.url, 115200)
        port.write(noise)
        port.close()
        with Session(program.url) as session:
            assert session.status().damaged == damaged


def test_halt_ends_it_in_order(program: Program) -> None:
    with Session(program.url) as session:
        session.infer([bytes(784), bytes(5)])
        session.halt()
    assert program.end() == (0, "")


def test_inferences_are_exact_over_a_terminal(sanitized: Artifact) -> None:
    started = Program(sanitized.elf, TE_LISTEN="pty")
    rng = random.Random(4)
    with Session(started.url) as session:
        for _ in range(20):
            sent = [b"\0" + rng.randbytes(783), rng.randbytes(5)]
            fixture.check(sent, session.infer(sent).outputs)
        session.halt()
    assert started.end() == (0, "")


def test_it_ends_by_itself_when_idle(sanitized: Artifact) -> None:
    began = time.monotonic()
    assert Program(sanitized.elf, TE_IDLE_S="1").end() == (0, "")
    assert time.monotonic() - began >= 1


def test_a_device_that_dies_is_noticed_at_once(program: Program) -> None:
    with Session(program.url) as session:
        program.kill()
        began = time.monotonic()
        with pytest.raises(LinkError, match="gone"):
            session.infer([bytes(784), bytes(5)])
        assert time.monotonic() - began < session.deadlines.invoke_s / 2


def test_sessions_follow_each_other_on_one_device(program: Program) -> None:
    for number in range(3):
        with Session(program.url) as session:
            assert session.status().inferences == number
            sent = [bytes(784), bytes(5)]
            fixture.check(sent, session.infer(sent).outputs)


def test_a_crash_is_reported_as_a_device_would(tmp_path: Path) -> None:
    need("make", "gcc")
    started = Program(fixture.made(tmp_path, HOST).elf)
    with (
        Session(started.url) as session,
        pytest.raises(LinkError, match="the device crashed: Segmentation fault"),
    ):
        session.infer([b"\x7d" + bytes(783), bytes(5)])
    assert started.end()[0] != 0


def test_a_model_with_many_large_inputs_is_served(tmp_path: Path) -> None:
    need("make", "gcc")
    artifact = fixture.made(tmp_path, HOST, SANITIZERS, FIXTURE_FIRST=27_648, FIXTURE_SECOND=3_000)
    started = Program(artifact.elf)
    rng = random.Random(5)
    with Session(started.url) as session:
        for _ in range(3):
            sent = [b"\0" + rng.randbytes(27_647), rng.randbytes(3_000)]
            fixture.check(sent, session.infer(sent).outputs)
        session.halt()
    assert started.end() == (0, "")


def test_the_header_is_rendered_from_the_protocol() -> None:
    from tinyedge.emit import board_files  # noqa: PLC0415

    header = board_files.protocol_header()
    for kind in p.Type:
        assert f"#define TE_TYPE_{kind.name} {kind.value}\n" in header
    for layout in payloads.LAYOUTS:
        assert f"#define TE_{layout.name.upper()}_SIZE {layout.size}\n" in header
