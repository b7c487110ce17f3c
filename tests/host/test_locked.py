"""A locked device keeps weights, inner tensors and raw inputs, also from who has the key."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import fixture_firmware as fixture
from tests.support import picture_firmware as pictured
from tests.support.picture_firmware import Running
from tests.support.tools import need
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.emit import features
from tinyedge.errors import LinkError
from tinyedge.link import locked, payloads
from tinyedge.link import protocol as p
from tinyedge.link.learning import Learning
from tinyedge.link.messages import DeviceError
from tinyedge.link.session import Session

HOST = boards.load("host")


def code(session: Session, kind: p.Type, payload: bytes) -> int | None:
    """The code that a request is refused with; None: it is answered."""
    try:
        session.ask(kind, payload)
    except DeviceError as error:
        return error.code
    return None


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need("make", "gcc")
    folder = tmp_path_factory.mktemp("locked")
    with pictured.running(folder, HOST, ["collect", "compress", "monitor", "locked"]) as running:
        yield running


def test_frames_go_in_and_do_not_come_out(pictures: Running) -> None:
    (frame,) = pictured.pictures(1)
    height, width, channels = frame.shape
    with Session(pictures.url) as session:
        assert p.Feature.LOCKED in session.hello.features
        number = session.begin()
        begin = payloads.FRAME.pack(number, height, width, channels)
        assert code(session, p.Type.SHOW, payloads.SHOW.pack(number, 0) + b"a") == p.Code.LOCKED
        packed = payloads.PACKED.pack(number, 0, 1, p.Codec.DELTA, 0) + b"\0a"
        assert code(session, p.Type.PACKED_SHOW, packed) == p.Code.LOCKED
        assert code(session, p.Type.SENSE, payloads.SENSE.pack(number)) == p.Code.LOCKED
        assert code(session, p.Type.FRAME, begin) is None
        packed = payloads.PACKED.pack(number, 0, 1, p.Codec.DELTA, 0) + b"\0" + frame.tobytes()[:1]
        assert code(session, p.Type.PACKED_PIXELS, packed) is None
        data = payloads.PIXELS.pack(number, 1) + frame.tobytes()[1:]
        assert code(session, p.Type.PIXELS, data) is None
        assert code(session, p.Type.MADE, payloads.MADE.pack(number, 0, 8)) == p.Code.LOCKED
        assert code(session, p.Type.MONITOR, b"") is None
        assert not session.parts


def test_learning_says_so_before_it_begins(pictures: Running) -> None:
    with Session(pictures.url) as session:
        session.hello = replace(session.hello, features=session.hello.features | p.Feature.LEARN)
        with pytest.raises(LinkError, match="this device is locked"):
            Learning(session)


def test_layers_are_not_watched_and_who_has_the_key_is_no_exception(tmp_path: Path) -> None:
    need("make", "gcc")
    chosen = features.chosen(["auth", "locked"])
    artifact = build.build(fixture.write(tmp_path / "f", HOST, chosen), HOST, observe=True)

    def keys(_: str) -> bytes:
        return fixture.KEY

    with flash.run(artifact, HOST, keys=keys) as device, Session(device.url, keys=keys) as session:
        inputs = [bytes(fixture.FIRST), bytes(fixture.SECOND)]
        fixture.check(inputs, session.infer(inputs).outputs)
        assert code(session, p.Type.WATCH, payloads.WATCH.pack(1)) == p.Code.LOCKED
        assert code(session, p.Type.PROFILE, payloads.PROFILE.pack(1, 0)) == p.Code.LOCKED
        with pytest.raises(LinkError, match="is locked, and does not answer PROFILE"):
            session.profile()
        for kind in (p.Type.STATUS, p.Type.AUTH):
            assert locked.DECISIONS[kind].allowed
            assert code(session, kind, b"") is None
