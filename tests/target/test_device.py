"""What every device must do: the same tests on the host, in an emulator and on a real board."""

import contextlib
import random
import zlib
from collections.abc import Callable
from time import monotonic

import pytest

from tests.support import fixture_firmware as fixture
from tests.support.fixture_firmware import Target
from tinyedge import __version__
from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.messages import DeviceError
from tinyedge.link.session import Session
from tinyedge.link.transport import SerialTransport, Transport


def inputs(rng: random.Random) -> list[bytes]:
    """Random bytes; the first is not one of those that make the model fail, talk or crash."""
    return [bytes([rng.randrange(0x70)]) + rng.randbytes(fixture.FIRST - 1), rng.randbytes(5)]


def test_hello_says_what_the_device_is(target: Target) -> None:
    with Session(target.url, expect_sha256=fixture.SHA256) as session:
        hello = session.hello
    assert hello.protocol == p.PROTOCOL_VERSION
    assert hello.firmware == __version__
    assert (hello.model, hello.runtime, hello.sha256) == ("fixture", "fixture", fixture.SHA256)
    assert (hello.arena_reserved, hello.arena_used) == (789, 788)
    assert [(t.shape, t.dtype, t.bytes) for t in hello.inputs] == [
        ((1, 784), "int8", 784),
        ((5,), "uint8", 5),
    ]
    assert [(t.shape, t.dtype, t.bytes) for t in hello.outputs] == [
        ((789,), "int8", 789),
        ((1, 2), "int32", 8),
    ]
    assert [(t.scale, t.zero_point) for t in (*hello.inputs, *hello.outputs)] == [
        (0.5, -3),
        (0.25, 7),
        (0.00390625, -128),
        (0.0, 0),
    ]
    if target.board is not None:
        timer = target.board.timer
        assert hello.board == target.board.id
        assert (hello.tick_source, hello.tick_measures) == (timer.source, timer.measures)
        assert hello.tick_hz == timer.hz


def test_fifty_inferences_are_exact(target: Target) -> None:
    rng = random.Random(50)
    with Session(target.url) as session:
        before = session.status().inferences
        for _ in range(50):
            sent = inputs(rng)
            fixture.check(sent, session.infer(sent).outputs)
        assert session.status().inferences == before + 50


def test_equal_work_takes_equal_ticks_where_instructions_are_counted(target: Target) -> None:
    rng = random.Random(1)
    with Session(target.url) as session:
        if session.hello.tick_measures != "instructions":
            pytest.skip(f"the timer measures {session.hello.tick_measures}")
        ticks = {session.infer(inputs(rng)).ticks for _ in range(10)}
    assert len(ticks) == 1
    if target.board is not None:
        count = target.board.instructions(ticks.pop())
        # The same binary code on every Cortex-M4: 789 turns of two loops, and a CRC-32.
        assert count is not None
        assert 10_000 < count < 30_000


def test_memory_use_is_sensible(target: Target) -> None:
    with Session(target.url) as session:
        session.infer(inputs(random.Random(2)))
        status = session.status()
    assert status.arena_used == 788
    assert 200 < status.stack_peak < 4096
    assert status.overruns == 0


class BadLine:
    """A transport that damages what passes through it: ``rate`` of the frames that are sent, and a
    hundredth of that of the bytes that arrive, which come in pieces of any size.

    Each way has its draws: which of the frames are damaged does not depend on what arrives.
    """

    def __init__(self, inner: Transport, rng: random.Random, rate: float) -> None:
        self.name, self._inner, self._rate = inner.name, inner, rate
        self._out, self._in = random.Random(rng.random()), random.Random(rng.random())

    def read(self, timeout_s: float) -> bytes:
        data = self._inner.read(timeout_s)
        return b"".join(self._damage(bytes([byte]), self._rate / 100, self._in) for byte in data)

    def write(self, data: bytes) -> None:
        frames = [part + b"\0" for part in data.split(b"\0") if part]
        damaged = (self._damage(part, self._rate, self._out) for part in frames)
        self._inner.write(b"\0" + b"".join(damaged))

    def close(self) -> None:
        self._inner.close()

    def _damage(self, data: bytes, rate: float, rng: random.Random) -> bytes:
        if rng.random() > rate:
            return data
        at = rng.randrange(len(data))
        flipped = bytes([data[at] ^ 1 << rng.randrange(8)])
        replacement = rng.choice((flipped, b"", data[at : at + 1] + rng.randbytes(2)))
        return data[:at] + replacement + data[at + 1 :]


def test_a_bad_line_costs_time_but_never_a_wrong_or_second_inference(target: Target) -> None:
    rng = random.Random(3)
    patient = Deadlines(120, 120, 120, repeat_s=0.1, repeat_most_s=0.4)
    with Session(target.url) as session:
        before = session.status()
    line = BadLine(SerialTransport(target.url, 115200), rng, rate=0.1)
    with Session(line, deadlines=patient) as session:
        for _ in range(8):
            sent = inputs(rng)
            fixture.check(sent, session.infer(sent).outputs)
    with Session(target.url) as session:
        after = session.status()
    assert after.inferences == before.inferences + 8
    assert after.damaged > before.damaged


class Raw:
    """Requests one by one, in any order."""

    def __init__(self, url: str) -> None:
        self._port = SerialTransport(url, 115200)
        self._decoder = Decoder()
        self._sequence = random.randrange(0x10000)

    def ask(self, kind: int, payload: bytes = b"", version: int = p.PROTOCOL_VERSION) -> bytes:
        """The answer's payload; DeviceError if it is an ERROR."""
        self._sequence = self._sequence + 1 & 0xFFFF
        self._port.write(encode(Frame(kind, self._sequence, payload, version)))
        until = monotonic() + 120
        while (left := until - monotonic()) > 0:
            for frame in self._decoder.feed(self._port.read(left)):
                if frame.sequence != self._sequence:
                    continue
                if frame.type == p.Type.ERROR:
                    code, detail = payloads.ERROR.ints(frame.payload)
                    raise DeviceError(code, detail, frame.payload[payloads.ERROR.size :].decode())
                assert frame.type == kind | p.ANSWER
                return frame.payload
        raise AssertionError("no answer")

    def refused(self, kind: int, payload: bytes = b"", version: int = p.PROTOCOL_VERSION) -> tuple:
        with pytest.raises(DeviceError) as raised:
            self.ask(kind, payload, version)
        return raised.value.code, raised.value.detail

    def write(self, inference: int, offset: int, data: bytes) -> int:
        answer = self.ask(p.Type.WRITE, payloads.WRITE.pack(inference, offset) + data)
        assert payloads.WRITTEN.ints(answer)[0] == inference
        return payloads.WRITTEN.ints(answer)[1]

    def close(self) -> None:
        self._port.close()


@pytest.fixture
def raw(target: Target):
    """A fresh session without a session's care."""
    with contextlib.closing(Raw(target.url)) as link:
        link.ask(p.Type.HELLO)
        yield link


DATA = bytes(range(100)) * 8


def invoke(inference: int, data: bytes) -> bytes:
    return payloads.INVOKE.pack(inference, len(data), zlib.crc32(data))


def written(raw: Raw, inference: int) -> bytes:
    data = (DATA + bytes(789))[:789]
    for at in range(0, 789, 400):
        raw.write(inference, at, data[at : at + 400])
    return data


def test_an_incomplete_input_is_never_run(raw: Raw) -> None:
    count = payloads.STATUS.ints(raw.ask(p.Type.STATUS))[2]
    data = (DATA + bytes(789))[:789]
    assert raw.refused(p.Type.INVOKE, invoke(7, data)) == (p.Code.INCOMPLETE, 0)
    assert raw.write(7, 0, data[:400]) == 400
    assert raw.write(7, 500, data[500:]) == 400, "a gap is not taken"
    assert raw.refused(p.Type.INVOKE, invoke(7, data)) == (p.Code.INCOMPLETE, 400)
    assert raw.write(7, 400, data[400:]) == 789
    assert raw.write(7, 0, b"again") == 789, "what has arrived stays"
    raw.ask(p.Type.INVOKE, invoke(7, data))
    assert payloads.STATUS.ints(raw.ask(p.Type.STATUS))[2] == count + 1


def test_a_wrong_input_is_never_run(raw: Raw) -> None:
    count = payloads.STATUS.ints(raw.ask(p.Type.STATUS))[2]
    data = written(raw, 8)
    code, _ = raw.refused(p.Type.INVOKE, invoke(8, data[:-1] + b"\1"))
    assert code == p.Code.INPUT_CRC
    assert raw.refused(p.Type.INVOKE, invoke(8, data)) == (p.Code.INCOMPLETE, 0)
    assert payloads.STATUS.ints(raw.ask(p.Type.STATUS))[2] == count


def test_a_repeated_invoke_gets_the_first_answer_again(raw: Raw) -> None:
    data = written(raw, 9)
    first = raw.ask(p.Type.INVOKE, invoke(9, data))
    assert raw.write(9, 0, data[:400]) == 789, "nothing is written over a finished inference"
    assert raw.ask(p.Type.INVOKE, invoke(9, data)) == first
    code, _ = raw.refused(p.Type.INVOKE, invoke(10, data))
    assert code == p.Code.INCOMPLETE


def test_a_new_hello_forgets_the_last_inference(raw: Raw) -> None:
    data = written(raw, 9)
    raw.ask(p.Type.INVOKE, invoke(9, data))
    raw.ask(p.Type.HELLO)
    assert raw.refused(p.Type.INVOKE, invoke(9, data)) == (p.Code.INCOMPLETE, 0)
    assert raw.refused(p.Type.READ, payloads.READ.pack(9, 0, 4)) == (p.Code.ORDER, 0)


def test_outputs_can_be_read_in_any_part(raw: Raw) -> None:
    data = written(raw, 11)
    whole = raw.ask(p.Type.INVOKE, invoke(11, data))[payloads.INVOKED.size :]
    assert len(whole) == 797
    part = raw.ask(p.Type.READ, payloads.READ.pack(11, 780, 17))
    assert payloads.OUTPUT.ints(part) == (11, 780)
    assert part[payloads.OUTPUT.size :] == whole[780:]
    assert raw.refused(p.Type.READ, payloads.READ.pack(11, 780, 18)) == (p.Code.RANGE, 797)
    assert raw.refused(p.Type.READ, payloads.READ.pack(11, 0xFFFF_FFFF, 2)) == (p.Code.RANGE, 797)
    assert raw.refused(p.Type.READ, payloads.READ.pack(10, 0, 4)) == (p.Code.ORDER, 11)
    raw.write(12, 0, b"a new input ends it")
    assert raw.refused(p.Type.READ, payloads.READ.pack(11, 0, 4)) == (p.Code.ORDER, 12)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda raw: raw.refused(0x55, b"?"), (p.Code.TYPE, 0x55)),
        (lambda raw: raw.refused(p.Type.WRITE, b"short"), (p.Code.LENGTH, 5)),
        (lambda raw: raw.refused(p.Type.STATUS, b"x"), (p.Code.LENGTH, 1)),
        (
            lambda raw: raw.refused(p.Type.WRITE, payloads.WRITE.pack(0, 0) + b"x"),
            (p.Code.RANGE, 789),
        ),
        (
            lambda raw: raw.refused(p.Type.WRITE, payloads.WRITE.pack(1, 789) + b"x"),
            (p.Code.RANGE, 789),
        ),
        (
            lambda raw: raw.refused(p.Type.WRITE, payloads.WRITE.pack(1, 0xFFFF_FFFF) + b"xx"),
            (p.Code.RANGE, 789),
        ),
        (
            lambda raw: raw.refused(p.Type.INVOKE, payloads.INVOKE.pack(1, 5, 0)),
            (p.Code.RANGE, 789),
        ),
        (lambda raw: raw.refused(p.Type.HELLO, b"", 9), (p.Code.VERSION, p.PROTOCOL_VERSION)),
    ],
)
def test_wrong_requests_are_refused(
    raw: Raw, ask: Callable[[Raw], tuple[int, int]], error: tuple[int, int]
) -> None:
    assert ask(raw) == error


def test_frames_that_are_too_long_are_dropped(raw: Raw) -> None:
    before = payloads.STATUS.ints(raw.ask(p.Type.STATUS))[3]
    raw._port.write(encode(Frame(p.Type.WRITE, 1, bytes([5]) * (p.MAX_PAYLOAD + 1))))
    assert payloads.STATUS.ints(raw.ask(p.Type.STATUS))[3] == before + 1


def test_a_failing_inference_says_why_once(target: Target) -> None:
    with Session(target.url) as session:
        with pytest.raises(LinkError, match=r"MODEL \(5\): operator 3 failed"):
            session.infer([b"\x7f" + bytes(783), bytes(5)])
        good = [bytes(784), bytes(5)]
        fixture.check(good, session.infer(good).outputs)


def test_text_arrives_apart_from_data(target: Target) -> None:
    texts: list[str] = []
    sent = [b"\x7e" + bytes(783), bytes(5)]
    with Session(target.url, on_log=texts.append) as session:
        fixture.check(sent, session.infer(sent).outputs)
    assert texts == ["seen 0x7e"]


def test_another_models_hash_is_refused(target: Target) -> None:
    with pytest.raises(LinkError, match="runs another model: fixture"):
        Session(target.url, expect_sha256="00" * 32)
