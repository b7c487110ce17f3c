"""The authenticated link on whole devices: nothing is done for who has no key, or twice."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.clock import Clock
from tests.support.tools import need
from tests.support.wire_device import FakeDevice
from tests.target.test_resets import ENDS, RESTARTS
from tests.wire.line import FaultyLine
from tinyedge import board as boards
from tinyedge import build, flash
from tinyedge.build import Artifact
from tinyedge.emit import features
from tinyedge.errors import ConfigError, LinkError
from tinyedge.link import messages, payloads
from tinyedge.link import protocol as p
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport, Transport

HOST = boards.load("host")
QUICK = Deadlines(repeat_s=0.05, repeat_most_s=4.0)  # to ask again
INPUTS = [bytes(range(256)) * 3 + bytes(16), b"abcde"]
Change = Callable[[Frame], list[Frame]]


def keys(name: str) -> bytes:
    return {fixture.DEVICE: fixture.KEY}[name]


class Between:
    """Someone who holds the wire: ``sent`` are the frames of the host, ``change`` what they become.

    ``answer`` is the same for the device's.
    """

    def __init__(self, url: str) -> None:
        self.name = "between"
        self.inner: Transport = SerialTransport(url, 115200)
        self.sent: list[Frame] = []
        self.change: Change = lambda frame: [frame]
        self.answer: Change = lambda frame: [frame]
        self._out, self._in = Decoder(), Decoder()

    def read(self, timeout_s: float) -> bytes:
        frames = self._in.feed(self.inner.read(timeout_s))
        return b"".join(encode(new) for frame in frames for new in self.answer(frame))

    def write(self, data: bytes) -> None:
        frames = self._out.feed(data)
        self.sent += frames
        self.inner.write(b"".join(encode(new) for frame in frames for new in self.change(frame)))

    def close(self) -> None:
        self.inner.close()


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    need("make", "gcc")
    folder = fixture.write(tmp_path_factory.mktemp("auth"), HOST, (features.AUTH,))
    return build.build(folder, HOST, ("address", "undefined"))


@pytest.fixture
def url(artifact: Artifact) -> Iterator[str]:
    with flash.run(artifact, HOST, keys=keys) as device:
        yield device.url


def ask(url: str, *frames: Frame) -> list[Frame]:
    """The answers to frames as they are, one after the other: more may be too many to keep."""
    port, decoder, found = SerialTransport(url, 115200), Decoder(), list[Frame]()
    try:
        for count, asked in enumerate(frames, 1):
            port.write(encode(asked))
            while len(found) < count:
                data = port.read(120.0)
                assert data, "no answer"
                found += [frame for frame in decoder.feed(data) if frame.type != p.Type.READY]
    finally:
        port.close()
    return found


def drawn_nonce(url: str) -> bytes:
    """The device's, for a host's of zeros; asked for again until the device listens."""
    port, decoder = SerialTransport(url, 115200), Decoder()
    challenge = encode(Frame(p.Type.CHALLENGE, 1, bytes(payloads.NONCE_BYTES)))
    try:
        until = monotonic() + 120
        while monotonic() < until:
            port.write(challenge)
            while data := port.read(1.0):  # a byte or more
                for frame in decoder.feed(data):
                    if frame.type == p.Type.CHALLENGE | p.ANSWER:
                        return frame.payload[: payloads.NONCE_BYTES]
    finally:
        port.close()
    raise AssertionError("no answer")


def doubt(frame: Frame) -> int:
    assert frame.type == p.Type.ERROR
    code, detail = payloads.ERROR.ints(frame.payload)
    assert code == p.Code.AUTH
    return detail


def again(url: str, between: Between) -> set[int]:
    """Why the device refuses what was sealed when all that was sent in a session is sent again."""
    bare = next(n for n, frame in enumerate(between.sent) if frame.type == p.Type.AUTH)
    return {doubt(answer) for answer in ask(url, *between.sent)[bare:]}


def inferences(url: str) -> int:
    with Session(url, keys=keys) as session:
        return session.status().inferences


def test_inferences_are_the_same(url: str) -> None:
    with Session(url, keys=keys, expect_sha256=fixture.SHA256) as session:
        assert session.random
        for _ in range(3):
            fixture.check(INPUTS, session.infer(INPUTS).outputs)
        assert session.status().inferences == 3


def test_who_has_no_key_learns_what_board_it_is_and_does_nothing(url: str) -> None:
    (hello,) = ask(url, Frame(p.Type.HELLO, 1, b""))
    assert len(hello.payload) == payloads.HELLO.size
    assert b"host" in hello.payload
    assert bytes.fromhex(fixture.SHA256) not in hello.payload
    told = messages.hello(hello.payload, hello.version)
    assert (told.model, told.arena_reserved, told.arena_used) == ("", 0, 0)
    open_to_all = {p.Type.HELLO, p.Type.CHALLENGE}
    kinds = [kind for kind in range(256) if kind not in open_to_all]
    bare = [Frame(kind, 1, bytes(size)) for kind in kinds for size in (0, 12, 20, 40)]
    # A session was open once, so that zeros are a counter of the past.
    assert {doubt(answer) for answer in ask(url, *bare)} == {p.Doubt.SESSION, p.Doubt.REPLAYED}
    assert inferences(url) == 0


def test_a_hello_of_another_does_not_disturb_a_session(url: str) -> None:
    between = Between(url)
    with Session(between, keys=keys) as session:
        # In front of each INVOKE comes a HELLO, which would make the device forget the input.
        between.change = lambda frame: [Frame(p.Type.HELLO, 99, b""), frame]
        fixture.check(INPUTS, session.infer(INPUTS).outputs)
        assert session.traffic.repeats == 0


def _lying(between: Between, **claims: int) -> Between:
    """Changes these fields of the answer to the HELLO that is not sealed."""

    def lie(frame: Frame) -> list[Frame]:
        if frame.type != p.Type.HELLO | p.ANSWER or len(frame.payload) != payloads.HELLO.size:
            return [frame]
        names = [name for name, _ in payloads.HELLO.fields]
        told = dict(zip(names, payloads.HELLO.unpack(frame.payload), strict=True)) | claims
        return [replace(frame, payload=payloads.HELLO.pack(*told.values()))]

    between.answer = lie
    return between


def test_what_somebody_claims_in_its_hello_is_not_believed(url: str) -> None:
    with Session(url, keys=keys) as session:
        honest = session.hello
    features = int(p.Feature.AUTH | p.Feature.LEARN | p.Feature.LOCKED) | 0xFF << p.CODECS_AT
    claims = {"features": features, "max_payload": 64, "window": 1, "init_status": 3}
    with Session(_lying(Between(url), **claims), keys=keys) as session:
        assert session.hello == honest
        fixture.check(INPUTS, session.infer(INPUTS).outputs)
    # who takes the feature away is given nothing in the clear
    with pytest.raises(LinkError, match="the device has no key"):
        Session(between := _lying(Between(url), features=0), keys=keys)
    assert {frame.type for frame in between.sent} == {p.Type.HELLO}


def test_what_speaks_another_protocol_gets_no_sealed_answer(url: str) -> None:
    between = Between(url)
    with Session(between, keys=keys) as session:
        session.status()
        between.inner.write(encode(Frame(p.Type.STATUS, 99, b"", p.PROTOCOL_VERSION + 1)))
        heard: list[Frame] = []
        between.answer = lambda frame: heard.append(frame) or [frame]  # type: ignore[func-returns-value]
        session.status()
        assert [doubt(frame) for frame in heard if frame.sequence == 99] == [p.Doubt.SESSION]


def test_forged_truncated_replayed_and_reordered_frames_do_nothing(url: str) -> None:
    rng = random.Random(3)
    between = Between(url)
    with Session(between, keys=keys) as session:
        session.infer(INPUTS)
        genuine = list(between.sent)
        forged = [_forged(rng.choice(genuine), rng) for _ in range(1500)]
        forged += rng.sample(genuine, len(genuine))  # replayed, in another order
        heard: list[Frame] = []
        between.answer = lambda frame: heard.append(frame) or []  # type: ignore[func-returns-value]
        waits = iter(forged)
        while batch := list(itertools.islice(waits, 50)):
            wanted = len(heard) + len(batch)
            between.inner.write(b"".join(map(encode, batch)))
            while len(heard) < wanted:
                between.read(120.0)
        kinds = {frame.type for frame in heard}
        allowed = {p.Type.ERROR, p.Type.HELLO | p.ANSWER, p.Type.CHALLENGE | p.ANSWER}
        assert kinds <= allowed
        doubts = [doubt(frame) for frame in heard if _is_doubt(frame)]
        assert {p.Doubt.FORGED, p.Doubt.REPLAYED} <= set(doubts)
        assert len(doubts) > 1200
        between.answer = lambda frame: [frame]
        assert session.status().inferences == 1
        fixture.check(INPUTS, session.infer(INPUTS).outputs)
        assert session.status().inferences == 2


def _is_doubt(frame: Frame) -> bool:
    return frame.type == p.Type.ERROR and payloads.ERROR.ints(frame.payload)[0] == p.Code.AUTH


def _forged(frame: Frame, rng: random.Random) -> Frame:
    """Another frame, made of a genuine one."""
    payload = bytearray(frame.payload)
    how = rng.randrange(5)
    if how == 0 and payload:
        payload[rng.randrange(len(payload))] ^= 1 << rng.randrange(8)
    elif how == 1:
        del payload[rng.randrange(len(payload) + 1) :]
    elif how == 2:
        payload += rng.randbytes(rng.randint(1, 20))
    elif (
        how == 3 and len(payload) >= payloads.SEAL.size
    ):  # the next counters, with a tag that was seen
        payload[-payloads.SEAL.size : -16] = rng.randrange(1, 99).to_bytes(4, "little")
    else:
        payload = bytearray(rng.randbytes(rng.randint(0, 500)))
    kind = rng.choice([*p.Type, frame.type, frame.type])
    return Frame(kind, rng.choice([frame.sequence, 7]), bytes(payload[: p.MAX_PAYLOAD]))


def test_a_whole_session_cannot_be_said_again(artifact: Artifact) -> None:
    with flash.run(artifact, HOST, keys=keys) as device:
        between = Between(device.url)
        with Session(between, keys=keys) as session:
            session.infer(INPUTS)
        assert again(device.url, between) == {p.Doubt.FORGED, p.Doubt.REPLAYED}
        assert inferences(device.url) == 1
    with flash.run(artifact, HOST, greet=False) as restarted:
        assert again(restarted.url, between) == {p.Doubt.FORGED, p.Doubt.SESSION}
        assert inferences(restarted.url) == 0


def test_an_answer_that_was_changed_is_never_taken(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(5)
    between, clock = Between(url), Clock(monkeypatch)

    def changed(frame: Frame) -> list[Frame]:
        clock.pass_deadlines()
        return [_forged(frame, rng), Frame(frame.type, frame.sequence, b"")]

    with Session(between, keys=keys) as session:
        between.answer = changed
        for _ in range(10):
            with pytest.raises(LinkError, match=r"no answer to INVOKE.*that nobody asked for"):
                session.infer(INPUTS)
        between.answer = lambda frame: [frame]
        fixture.check(INPUTS, session.infer(INPUTS).outputs)


def test_a_line_that_loses_and_doubles_costs_time_alone(url: str) -> None:
    line = FaultyLine(SerialTransport(url, 115200), random.Random(6), 0.0)
    with Session(line, baud=10**9, keys=keys, deadlines=QUICK) as session:
        line.rate = 0.001
        for _ in range(25):
            fixture.check(INPUTS, session.infer(INPUTS).outputs)
        assert line.faults.total() > 5  # about 40
        line.rate = 0.0
        assert session.status().inferences == 25


def test_the_wire_does_not_show_inputs_or_outputs(url: str) -> None:
    between = Between(url)
    heard: list[Frame] = []
    between.answer = lambda frame: heard.append(frame) or [frame]  # type: ignore[func-returns-value]
    with Session(between, keys=keys) as session:
        outputs = session.infer(INPUTS).outputs
    for frame in (*between.sent, *heard):
        for secret in (INPUTS[0][:16], INPUTS[1], outputs[0][:16]):
            assert secret not in frame.payload


def test_what_to_do_is_said(url: str) -> None:
    with pytest.raises(LinkError, match="answers only who has its key") as caught:
        Session(url)
    assert "--device-key" in caught.value.hint
    with pytest.raises(LinkError, match="has another key"):
        Session(url, keys=lambda _: bytes(32))

    def nobody(name: str) -> bytes:
        raise ConfigError(f"no key for {name}", "make one")

    with pytest.raises(ConfigError, match=rf"{url}: no key for shed-2"):
        Session(url, keys=nobody)
    assert inferences(url) == 0
    with pytest.raises(LinkError, match=r"has no key.*feature auth"):
        Session(FakeDevice(), keys=keys)


def test_a_device_that_restarts_says_so(artifact: Artifact) -> None:
    with (
        flash.run(artifact, HOST, keys=keys) as first,
        flash.run(artifact, HOST, greet=False) as restarted,
    ):
        between = Between(first.url)
        with Session(between, keys=keys) as session:
            between.inner.close()
            between.inner = SerialTransport(restarted.url, 115200)
            with pytest.raises(LinkError, match=r"AUTH \(1\)|has restarted"):
                session.status()


def test_a_session_that_another_host_has_ended_says_so(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Between(url)
    with Session(first, keys=keys) as session:
        first.inner.close()
        inferences(url)
        first.inner, clock = SerialTransport(url, 115200), Clock(monkeypatch)

        def in_time(frame: Frame) -> list[Frame]:
            clock.pass_deadlines()
            return [frame]

        first.answer = in_time
        with pytest.raises(LinkError, match="refuses what was sealed") as caught:
            session.status()
        assert "another host" in caught.value.hint


@pytest.mark.parametrize(("name", "is_random"), [("netduinoplus2", False), ("qemu-microbit", True)])
def test_emulated_boards(name: str, is_random: bool, tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load(name)
    made = fixture.made(tmp_path, board, selected=(features.AUTH,))
    with flash.run(made, board, keys=keys) as device:
        (bare,) = ask(device.url, Frame(p.Type.STATUS, 1, b""))
        assert doubt(bare) == p.Doubt.SESSION
        between = Between(device.url)
        with Session(between, keys=keys, deadlines=QUICK) as session:
            assert session.random == is_random
            for _ in range(2):
                fixture.check(INPUTS, session.infer(INPUTS).outputs)
        assert again(device.url, between) <= {p.Doubt.FORGED, p.Doubt.REPLAYED}
        with Session(device.url, keys=keys, deadlines=QUICK) as session:
            assert session.status().inferences == 2


def test_a_reset_brings_no_nonce_back(tmp_path: Path) -> None:
    need("make", "arm-none-eabi-gcc", "qemu-system-arm")
    board = boards.load("netduinoplus2")
    folder = fixture.write(tmp_path / "f", board, (features.AUTH,))
    # A fault restarts the core, and the time is always the same: RAM alone tells starts apart.
    for path, old, new in (
        ("port/boot.c", ENDS, RESTARTS),
        ("app/auth.c", "= te_port_ticks()", "= 7"),
    ):
        text = (folder / path).read_text()
        assert old in text
        (folder / path).write_text(text.replace(old, new))
    with flash.run(build.build(folder, board), board, greet=False) as device:
        first = drawn_nonce(device.url)
        with (
            Session(device.url, keys=keys, deadlines=QUICK) as session,
            pytest.raises(LinkError, match="crashed: exception"),
        ):
            session.infer([b"\x7d" + INPUTS[0][1:], INPUTS[1]])
        second = drawn_nonce(device.url)
    assert first != second
