"""Raw frames over the link: the device makes the host's input of them, whatever comes and goes."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import picture_firmware as fixture
from tests.support.picture_firmware import Running
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge.errors import LinkError
from tinyedge.link import frames, payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.messages import DeviceError
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport
from tinyedge.oracle import Oracle
from tinyedge.workflow import sensor

HOST = boards.load("host")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The host board under sanitizers: a report of theirs ends it, and the tests with it."""
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("frames")
    with fixture.running(folder, HOST, ["preprocess"], ("address", "undefined")) as running:
        yield running


def check(session: Session, count: int, seed: int) -> None:
    """Inputs and answers of so many frames."""
    oracle = Oracle(fixture.model())
    for image in fixture.pictures(count, seed):
        expected = sensor.prepared(fixture.WANTED, image)
        sent = frames.send(session, image)
        assert frames.read_input(session) == expected.tobytes()
        (answer,) = frames.infer(session, sent).outputs
        assert answer == oracle.run([expected])[0].tobytes()


def test_the_device_makes_the_host_s_input_of_frames_of_any_size(device: Running) -> None:
    with Session(device.url) as session:
        assert p.Feature.PREPROCESS in session.hello.features
        check(session, 32, seed=1)


def test_an_emulated_board_does_so_too(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load("netduinoplus2")
    with (
        fixture.running(tmp_path, board, ["preprocess"]) as running,
        Session(running.url) as session,
    ):
        check(session, 16, seed=2)


def test_frames_and_inputs_may_take_turns(device: Running) -> None:
    oracle, image = Oracle(fixture.model()), fixture.pictures(4)[3]
    inputs = np.full((1, *fixture.SIZE, fixture.CHANNELS), 7, np.int8)
    with Session(device.url) as session:
        for _ in range(2):
            assert session.infer([inputs.tobytes()]).outputs[0] == oracle.run([inputs])[0].tobytes()
            frames.infer(session, frames.send(session, image))


def _refused(session: Session, kind: p.Type, payload: bytes) -> tuple[int, int]:
    with pytest.raises(DeviceError) as caught:
        session.exchange([(kind, payload)], 5.0)
    return caught.value.code, caught.value.detail


def test_what_does_not_fit_is_refused(device: Running) -> None:
    total = fixture.SIZE[0] * fixture.SIZE[1] * fixture.CHANNELS
    with Session(device.url) as session:
        for shape in ((0, 4, 1), (4, 4, 2), (1 << 13, 1 << 12, 1), (1 << 31, 2, 3)):
            assert _refused(session, p.Type.FRAME, payloads.FRAME.pack(1, *shape)) == (
                p.Code.RANGE,
                total,
            )
        assert _refused(session, p.Type.FRAME, payloads.FRAME.pack(0, 4, 4, 1))[0] == p.Code.RANGE
        assert _refused(session, p.Type.PIXELS, payloads.PIXELS.pack(1, 0))[0] == p.Code.ORDER
        session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(1, 4, 5, 1))
        beyond = payloads.PIXELS.pack(1, 18) + bytes(3)
        assert _refused(session, p.Type.PIXELS, beyond) == (p.Code.RANGE, 20)
        assert _refused(session, p.Type.PIXELS, payloads.PIXELS.pack(2, 0) + b"x") == (
            p.Code.ORDER,
            1,
        )
        assert _refused(session, p.Type.MADE, payloads.MADE.pack(1, 0, 4)) == (p.Code.ORDER, 1)
        incomplete = payloads.INVOKE.pack(1, total, 0)
        assert _refused(session, p.Type.INVOKE, incomplete) == (p.Code.INCOMPLETE, 0)


def test_bytes_that_come_twice_or_late_count_once(device: Running) -> None:
    image = fixture.pictures(4)[3]
    data, expected = image.tobytes(), sensor.prepared(fixture.WANTED, image)
    with Session(device.url) as session:
        session.begin()
        session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(1, *image.shape))
        for at in range(0, len(data), 400):
            for offset in (at, at, max(0, at - 400), at + 400):
                if offset < len(data):
                    some = payloads.PIXELS.pack(1, offset) + data[offset : offset + 400]
                    # what is too early is left for later
                    session.call(p.Type.PIXELS, payloads.FRAMED.size, some)
            session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(1, *image.shape))
        assert frames.read_input(session) == expected.tobytes()


@pytest.mark.parametrize("begun", [False, True])
def test_a_frame_does_not_change_the_answer_to_what_has_run(device: Running, begun: bool) -> None:
    image = fixture.pictures(4)[3]
    inputs = np.full((1, *fixture.SIZE, fixture.CHANNELS), 7, np.int8).tobytes()
    with Session(device.url) as session:
        number = session.inference + 1
        frame = payloads.FRAME.pack(number, *image.shape)
        if begun:
            session.ask(p.Type.FRAME, frame)
        (answer,) = session.infer([inputs]).outputs
        if begun:
            session.ask(p.Type.FRAME, frame)  # as before: a request may be repeated
        else:
            assert _refused(session, p.Type.FRAME, frame)[0] == p.Code.RANGE
        pixels = payloads.PIXELS.pack(number, 0) + image.tobytes()[:400]
        assert _refused(session, p.Type.PIXELS, pixels)[0] == p.Code.ORDER
        again = payloads.INVOKE.pack(number, len(inputs), zlib.crc32(inputs))
        assert session.outputs(session.ask(p.Type.INVOKE, again)).outputs == (answer,)


def test_a_frame_does_not_outlive_its_session(device: Running) -> None:
    with Session(device.url) as session:
        session.call(p.Type.FRAME, payloads.FRAMED.size, payloads.FRAME.pack(1, 4, 5, 1))
    with Session(device.url) as session:
        assert _refused(session, p.Type.PIXELS, payloads.PIXELS.pack(1, 0) + b"x") == (
            p.Code.ORDER,
            0,
        )


requests = st.builds(
    lambda kind, words, rest: Frame(
        kind, 1, b"".join(word.to_bytes(4, "little") for word in words) + rest
    ),
    st.sampled_from([p.Type.FRAME, p.Type.PIXELS, p.Type.MADE, p.Type.INVOKE, p.Type.WRITE]),
    st.lists(st.sampled_from([0, 1, 1, 1, 2, 3, 9, 144, 1 << 31, 0xFFFF_FFFF]), max_size=4),
    st.binary(max_size=200),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(requests, max_size=25))
def test_whatever_arrives_the_next_session_is_served(device: Running, noise: list[Frame]) -> None:
    port = SerialTransport(device.url, 115200)
    port.write(b"".join(map(encode, noise)))
    port.close()
    with Session(device.url) as session:
        check(session, 2, seed=3)


def test_firmware_without_the_feature_is_named(tmp_path: Path) -> None:
    need("make", "gcc")
    with (
        fixture.running(tmp_path, HOST, []) as running,
        Session(running.url) as session,
        pytest.raises(LinkError, match="lacks the feature preprocess"),
    ):
        frames.send(session, fixture.pictures(1)[0])
