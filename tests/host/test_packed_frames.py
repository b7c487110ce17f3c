"""Raw frames that go packed: the device makes the input of them that it makes of plain ones."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import picture_firmware as fixture
from tests.support.picture_firmware import Running
from tests.support.tools import need
from tests.wire.endure import BAUD, DEADLINES
from tests.wire.line import FaultyLine
from tinyedge import board as boards
from tinyedge import sensor
from tinyedge.link import bits, frames, packing, sensing
from tinyedge.link import protocol as p
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Codec, Type
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport

HOST = boards.load("host")
FEATURES = ["compress", "collect"]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("frames")
    with fixture.running(folder, HOST, FEATURES, ("address", "undefined")) as running:
        yield running


def _picture(height: int, width: int, channels: int, seed: int = 1) -> NDArray[np.uint8]:
    """Smooth in both directions, with a little noise, as a camera's."""
    rng = np.random.RandomState(seed)
    y, x = np.mgrid[:height, :width]
    shades = [100 + 90 * np.sin(x / 31 + c) * np.cos(y / 17) for c in range(channels)]
    noisy = np.stack(shades, axis=-1) + rng.normal(0, 2, (height, width, channels))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _frames() -> dict[str, NDArray[np.uint8]]:
    return {
        "blank": np.full((120, 160, 3), 77, np.uint8),
        "smooth": _picture(48, 64, 3),
        "grey": _picture(60, 81, 1),
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
    frame = _picture(24, 32, 1)
    data = frame.tobytes()
    ways = [(Codec.DELTA, s, packing.pack_delta(data[:300], 0, s, 400)[0]) for s in range(5)]
    ways += [(Codec.BITS, s, bits.pack(data[:300], 1, s, 400)[0]) for s in range(5)]
    ways += [(Codec.BITS16, s, bits.pack(data[:300], 2, s, 400)[0]) for s in (0, 2, 4)]
    with Session(device.url) as session:
        for codec, stride, packed in ways:
            number = session.begin()
            session.ask(Type.FRAME, p.FRAME.pack(number, *frame.shape))
            piece = p.PACKED.pack(number, 0, 300, codec, stride) + packed
            for _ in range(2):  # the second time it changes nothing
                answer = session.call(Type.PACKED_PIXELS, p.FRAMED.size, piece)
                assert p.FRAMED.ints(answer)[1] == 300
            rest = p.PIXELS.pack(number, 300) + data[300:]
            answer = session.call(Type.PIXELS, p.FRAMED.size, rest)
            assert p.FRAMED.ints(answer)[1] == len(data)
            made = frames.read_input(session)
            assert made == sensor.prepared(fixture.WANTED, frame).tobytes(), (codec, stride)


@pytest.mark.parametrize("kind", [Type.PACKED_PIXELS, Type.PACKED_SHOW])
def test_what_does_not_fit_is_refused_and_changes_nothing(device: Running, kind: Type) -> None:
    packed, _ = packing.pack_delta(bytes(100), 0, 1, 400)
    groups, _ = bits.pack(bytes(100), 1, 1, 400)

    def refused(number: int, offset: int, count: int, way: tuple[int, int, bytes]) -> int:
        codec, stride, data = way
        with pytest.raises(DeviceError) as caught:
            session.ask(kind, p.PACKED.pack(number, offset, count, codec, stride) + data)
        return caught.value.code

    with Session(device.url) as session:
        number = session.begin()
        session.ask(Type.FRAME, p.FRAME.pack(number, 8, 20, 1))
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
        answer = session.ask(kind, p.PACKED.pack(number, 0, 100, Codec.DELTA, 1) + packed)
        assert p.FRAMED.ints(answer)[1] == 100
        answer = session.ask(kind, p.PACKED.pack(number, 30, 100, Codec.DELTA, 1) + packed)
        assert p.FRAMED.ints(answer)[1] == 100


def test_a_line_that_loses_and_corrupts_costs_time_alone(device: Running) -> None:
    rng = random.Random(5)
    line = FaultyLine(SerialTransport(device.url, 115200), rng, 0.0)
    with Session(line, BAUD, deadlines=DEADLINES) as session:
        line.rate = 1 / 700
        for number in range(12):
            frame = _picture(48, 64, 3, number)
            _sent(session, frame, packed=True)
        line.rate = 0.0
    assert line.faults.total() > 10


def test_an_emulated_board_unpacks_too(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    with fixture.running(tmp_path, boards.load("netduinoplus2"), FEATURES) as running:
        assert _check(running.url)["smooth"] < 0.7
