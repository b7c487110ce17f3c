"""Raw frames and what a device streams, packed: inputs, frames and layers are the same as plain."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.host import test_compress as inputs
from tests.support import picture_firmware as fixture
from tests.support.picture_firmware import Running
from tests.support.tools import need
from tests.wire.endure import BAUD
from tests.wire.line import FaultyLine
from tinyedge import board as boards
from tinyedge.compile import compile_graph
from tinyedge.device import wire
from tinyedge.device.debug import outputs
from tinyedge.graph import read_tflite
from tinyedge.link import bits, frames, packing, payloads, sensing
from tinyedge.link import protocol as p
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Codec, Type
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport
from tinyedge.results.device import WireWay
from tinyedge.samples import Samples
from tinyedge.workflow import sensor

HOST = boards.load("host")
FEATURES = ["compress", "collect"]
PATIENT = Deadlines(120, 120, 120, repeat_s=0.002, repeat_most_s=0.008)


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("frames")
    sanitize = ("address", "undefined")
    with fixture.running(folder, HOST, FEATURES, sanitize, observe=True) as running:
        yield running


def _frames() -> dict[str, NDArray[np.uint8]]:
    return {
        "blank": np.full((120, 160, 3), 77, np.uint8),
        "smooth": fixture.smooth(48, 64, 3),
        "grey": fixture.smooth(60, 81, 1),
        "noise": fixture.pictures(8)[7],
        "small": fixture.pictures(2)[1],
    }


def _sent(session: Session, frame: NDArray[np.uint8], *, packed: bool) -> int:
    """Bytes to the device; the input that it makes is the host's."""
    session.packed = packed
    before = session.traffic
    made = frames.send(session, frame)
    count = session.traffic.since(before).bytes_sent
    assert frames.read_input(session) == sensor.prepared(fixture.WANTED, frame).tobytes()
    frames.infer(session, made)
    return count


def _check(url: str) -> dict[str, float]:
    """Of each frame, how many bytes went packed for each that went plain."""
    with Session(url) as session:
        return {
            name: _sent(session, frame, packed=True) / _sent(session, frame, packed=False)
            for name, frame in _frames().items()
        }


def test_inputs_are_the_same_with_fewer_bytes(device: Running) -> None:
    shares = _check(device.url)
    assert shares["blank"] < 0.05
    assert shares["smooth"] < 0.7
    assert shares["grey"] < 0.7
    assert shares["noise"] == 1  # what gets no smaller goes as it is
    assert shares["small"] <= 1


def test_a_frame_in_place_of_a_sensor_s_comes_back(device: Running) -> None:
    with Session(device.url) as session:
        for frame in _frames().values():
            shot = sensing.show(session, frame)
            assert np.array_equal(shot.image, frame)
            assert frames.read_input(session) == sensor.prepared(fixture.WANTED, frame).tobytes()


def test_every_codec_is_unpacked(device: Running) -> None:
    frame = fixture.smooth(24, 32, 1)
    data = frame.tobytes()
    ways = [(Codec.DELTA, s, packing.pack_delta(data[:300], 0, s, 400)[0]) for s in range(5)]
    ways += [(Codec.BITS, s, bits.pack(data[:300], 1, s, 400)[0]) for s in range(5)]
    ways += [(Codec.BITS16, s, bits.pack(data[:300], 2, s, 400)[0]) for s in (0, 2, 4)]
    with Session(device.url) as session:
        for codec, stride, packed in ways:
            number = session.begin()
            session.ask(Type.FRAME, payloads.FRAME.pack(number, *frame.shape))
            piece = payloads.PACKED.pack(number, 0, 300, codec, stride) + packed
            for _ in range(2):  # the second time it changes nothing
                answer = session.call(Type.PACKED_PIXELS, payloads.FRAMED.size, piece)
                assert payloads.FRAMED.ints(answer)[1] == 300
            rest = payloads.PIXELS.pack(number, 300) + data[300:]
            answer = session.call(Type.PIXELS, payloads.FRAMED.size, rest)
            assert payloads.FRAMED.ints(answer)[1] == len(data)
            made = frames.read_input(session)
            assert made == sensor.prepared(fixture.WANTED, frame).tobytes(), (codec, stride)


@pytest.mark.parametrize("kind", [Type.PACKED_PIXELS, Type.PACKED_SHOW])
def test_what_does_not_fit_is_refused_and_changes_nothing(device: Running, kind: Type) -> None:
    packed, _ = packing.pack_delta(bytes(100), 0, 1, 400)
    groups, _ = bits.pack(bytes(100), 1, 1, 400)

    def refused(number: int, offset: int, count: int, way: tuple[int, int, bytes]) -> int:
        codec, stride, data = way
        with pytest.raises(DeviceError) as caught:
            session.ask(kind, payloads.PACKED.pack(number, offset, count, codec, stride) + data)
        return caught.value.code

    with Session(device.url) as session:
        number = session.begin()
        session.ask(Type.FRAME, payloads.FRAME.pack(number, 8, 20, 1))
        whole = (Codec.DELTA, 1, packed)
        assert refused(number + 1, 0, 100, whole) == p.Code.ORDER
        assert refused(number, 61, 100, whole) == p.Code.RANGE
        assert refused(number, 0, 1 << 31, whole) == p.Code.RANGE
        for way in (
            (Codec.LZ4, 0, packing.pack_lz4(bytes(100), 0, 400)[0]),
            (9, 0, packed),
            (Codec.DELTA, p.MOST_STRIDE + 1, packed),
            (Codec.DELTA, 1, packed[:-1]),
            (Codec.DELTA, 1, packed + b"\0"),
            (Codec.BITS, 1, groups[:-1]),
            (Codec.BITS, 1, b"\x09" + groups[1:]),
            (Codec.BITS16, 1, groups),
        ):
            assert refused(number, 0, 100, way) == p.Code.PACKED
        answer = session.ask(kind, payloads.PACKED.pack(number, 0, 100, Codec.DELTA, 1) + packed)
        assert payloads.FRAMED.ints(answer)[1] == 100
        answer = session.ask(kind, payloads.PACKED.pack(number, 30, 100, Codec.DELTA, 1) + packed)
        assert payloads.FRAMED.ints(answer)[1] == 100


def test_a_line_that_loses_and_corrupts_costs_time_alone(device: Running) -> None:
    rng = random.Random(5)
    line = FaultyLine(SerialTransport(device.url, 115200), rng, 0.0)
    with Session(line, BAUD, deadlines=PATIENT) as session:
        line.rate = 1 / 700
        for number in range(6):
            frame = fixture.smooth(48, 64, 3, number)
            _sent(session, frame, packed=True)
        line.rate = 0.0
    assert line.faults.total() > 10


def _sizes(running: Running) -> list[int]:
    graph = read_tflite.read(fixture.model(), "small")
    return [output.size for output in outputs(graph, compile_graph(graph, running.board.cpu.core))]


def _watched(session: Session, data: bytes, sizes: Sequence[int]) -> tuple[tuple[bytes, ...], int]:
    """What the layers write, and the bytes that came."""
    before = session.traffic
    _, written = session.watch([data], sizes)
    return written, session.traffic.since(before).bytes_received


def _shown(session: Session) -> int:
    """A frame goes in place of a sensor's, and comes back; returns the bytes that came."""
    frame, before = fixture.smooth(48, 64, 3), session.traffic
    shot = sensing.show(session, frame)
    assert np.array_equal(shot.image, frame)
    return session.traffic.since(before).bytes_received


def _streamed(running: Running) -> tuple[float, float]:
    """Layers and frames are the same; how many bytes came packed for each that came plain."""
    size = fixture.SIZE[0] * fixture.SIZE[1] * fixture.CHANNELS
    with Session(running.url) as session:
        assert session.packed
        packed = _watched(session, bytes(size), _sizes(running))
        shown = _shown(session)
        session.packed = False
        plain = _watched(session, bytes(size), _sizes(running))
        assert packed[0] == plain[0]
        return packed[1] / plain[1], shown / _shown(session)


def test_layers_and_frames_are_the_same_with_fewer_bytes(device: Running) -> None:
    layers, frame = _streamed(device)
    assert layers < 0.95
    assert frame < 0.75


def test_what_frames_cost_is_counted_in_each_way(device: Running) -> None:
    shape = (1, *fixture.SIZE, fixture.CHANNELS)
    blank = Samples("blank", (np.zeros((1, *shape), np.int8),))
    raw = [fixture.smooth(48, 64, 3), fixture.smooth(24, 32, 1)]
    with Session(device.url) as session:
        report = wire.measure(session, blank, None, raw)
    assert report.frame_bytes == (48 * 64 * 3 + 24 * 32) / 2
    cost = {mode.mode: mode for mode in report.modes}
    assert list(cost) == list(get_args(WireWay))
    there, back = "raw frame", "raw frame there and back"
    for way in (there, back):
        assert cost[f"{way}, packed"].bytes_sent < 0.75 * cost[f"{way}, plain"].bytes_sent
    assert cost[f"{there}, plain"].bytes_sent > report.frame_bytes
    assert cost[f"{there}, packed"].bytes_received <= cost[f"{there}, plain"].bytes_received
    assert cost[f"{back}, plain"].bytes_received > report.frame_bytes
    assert cost[f"{back}, packed"].bytes_received < 0.8 * cost[f"{back}, plain"].bytes_received


def test_a_new_session_gets_them_plain_until_it_asks(device: Running) -> None:
    with Session(device.url) as session:
        before = _shown(session)
    with Session(device.url) as session:
        session.stream = lambda: None  # type: ignore[method-assign]
        assert _shown(session) > before * 1.2


def test_a_line_that_loses_and_corrupts_gives_whole_frames_or_none(device: Running) -> None:
    line = FaultyLine(SerialTransport(device.url, 115200), random.Random(9), 0.0)
    frame, outcomes = fixture.smooth(24, 32, 3), set()
    with Session(line, BAUD, deadlines=PATIENT) as session:
        line.rate = 1 / 4000
        for _ in range(300):  # about every third is lost
            shot = sensing.show(session, frame)
            assert shot.image is None or np.array_equal(shot.image, frame)
            outcomes.add(shot.image is None)
            if len(outcomes) == 2:
                break
        line.rate = 0.0
    assert outcomes == {True, False}


def test_an_emulated_board_does_so_too(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load("netduinoplus2")
    with fixture.running(tmp_path, board, FEATURES, observe=True) as running:
        assert inputs.check(running.url)[0][1] < 100
        assert _check(running.url)["smooth"] < 0.7
        _, frame = _streamed(running)
    assert frame < 0.75
