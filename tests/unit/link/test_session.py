"""Sessions against a device in memory: right answers on a bad line, and clear refusals."""

import random

import pytest

from tests.support.wire_device import FakeDevice
from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.framing import Frame, encode
from tinyedge.link.session import Session
from tinyedge.link.traffic import Traffic

SOON_OVER = Deadlines(0.2, 0.2, 0.2, repeat_s=0.001)
PATIENT = Deadlines(120, 120, 120, repeat_s=0.0001, repeat_most_s=0.001)


def session(device: FakeDevice, deadlines: Deadlines = PATIENT, sha: str | None = None) -> Session:
    return Session(device, baud=1_000_000_000, expect_sha256=sha, deadlines=deadlines)


def test_hello_is_read_whole() -> None:
    hello = session(FakeDevice((784, 5), bytes(range(32)))).hello
    assert (hello.firmware, hello.board, hello.runtime) == ("9.9.9", "fake", "none")
    assert hello.sha256 == bytes(range(32)).hex()
    assert (hello.tick_source, hello.tick_measures, hello.tick_hz) == ("clock", "wall", 1000)
    assert [tensor.shape for tensor in hello.inputs] == [(784,), (5,)]
    assert hello.outputs[0].bytes == 789
    assert (hello.inputs[0].scale, hello.inputs[0].zero_point) == (0.5, -1)
    assert (hello.arena_reserved, hello.arena_used) == (2048, 1024)


def test_an_image_takes_one_round_trip() -> None:
    device = FakeDevice((784,))
    with session(device) as link:
        result = link.infer([bytes(range(256)) * 3 + bytes(16)])
    assert device.requests == [p.Type.HELLO, p.Type.WRITE, p.Type.WRITE, p.Type.INVOKE]
    assert result.outputs == ((bytes(range(256)) * 3 + bytes(16))[::-1],)
    assert result.ticks == 7_000_000_000
    assert device.closed


def test_large_inputs_and_outputs_go_in_parts() -> None:
    device = FakeDevice((27_648, 3))
    data = random.Random(1).randbytes(27_648)
    result = session(device).infer([data, b"abc"])
    assert result.outputs == ((data + b"abc")[::-1],)
    assert device.runs == [data + b"abc"]


def damage(rng: random.Random, rate: float):
    """Flip, drop or insert a byte in each chunk with probability ``rate``; or lose all of it."""

    def damaged(data: bytes) -> bytes:
        if rng.random() > rate:
            return data
        at = rng.randrange(len(data))
        kind = rng.randrange(4)
        if kind == 0:
            return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        if kind == 1:
            return data[:at] + data[at + 1 :]
        if kind == 2:
            return data[:at] + rng.randbytes(3) + data[at:]
        return b""

    return damaged


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_line_costs_time_but_never_a_wrong_or_second_inference(seed: int) -> None:
    rng = random.Random(seed)
    device = FakeDevice((1500, 20))
    device.to_device, device.to_host = damage(rng, 0.3), damage(rng, 0.3)
    sent = [rng.randbytes(1520) for _ in range(20)]
    with session(device) as link:
        for data in sent:
            assert link.infer([data[:1500], data[1500:]]).outputs == (data[::-1],)
        assert link.status().inferences == 20
    assert device.runs == sent


def test_an_answer_to_another_request_is_not_taken() -> None:
    device = FakeDevice((4,))
    link = session(device)
    stale = payloads.INVOKED.pack(1, 0, 4) + b"BAD!"
    for step in (0, 2, 3, 1000):  # the right one is sent by the device itself
        sequence = (link._sequence + step) & 0xFFFF
        if step != 2:
            device.sends.append(encode(Frame(p.Type.INVOKE | p.ANSWER, sequence, stale)))
    assert link.infer([b"abcd"]).outputs == (b"dcba",)


def test_logs_go_to_the_caller_and_not_into_data() -> None:
    device, texts = FakeDevice((4,)), []
    link = Session(device, on_log=texts.append, deadlines=PATIENT)
    device.sends.append(encode(Frame(p.Type.LOG, 0, "warm: 21 °C".encode())))
    assert link.infer([b"abcd"]).outputs == (b"dcba",)
    assert texts == ["warm: 21 °C"]


def test_a_silent_device_is_given_up_at_the_deadline() -> None:
    device = FakeDevice()
    device.silent = True
    with pytest.raises(LinkError, match=r"no answer to HELLO within .* s") as raised:
        session(device, SOON_OVER)
    assert "does it run tinyedge firmware" in raised.value.hint
    assert device.closed


def test_noise_is_mentioned_when_nothing_else_comes() -> None:
    device = FakeDevice()
    device.to_host = lambda _: b"\0noise\0"
    with pytest.raises(LinkError, match="damaged frames came"):
        session(device, SOON_OVER)


def test_a_device_that_goes_away_is_reported_at_once() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.gone = True
    with pytest.raises(LinkError, match="gone"):
        link.infer([b"abcd"])


def test_a_device_that_goes_away_when_halted_has_obeyed() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.gone = True
    link.halt()


def test_another_models_firmware_is_refused() -> None:
    device = FakeDevice(sha256=b"\xaa" * 32)
    with pytest.raises(LinkError, match=r"model: reverse \(a{12}\), not b{12}"):
        session(device, sha="bb" * 32)
    assert device.closed
    session(device, sha="aa" * 32)


def test_another_protocol_version_is_refused() -> None:
    device = FakeDevice()
    device.version = p.PROTOCOL_VERSION + 1
    with pytest.raises(LinkError, match="device speaks protocol 3, this tinyedge speaks 2"):
        session(device)


def test_a_model_that_did_not_start_says_why() -> None:
    device = FakeDevice()
    device.init_status, device.init_error = 3, b"arena is 1024 bytes too small"
    with pytest.raises(LinkError, match="arena is 1024 bytes too small"):
        session(device)


def test_a_failed_inference_says_why() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.run_error = (5, b"operator 3 failed")
    with pytest.raises(LinkError, match=r"MODEL \(5\): operator 3 failed"):
        link.infer([b"abcd"])
    assert len(device.runs) == 1


def test_a_crash_is_reported_with_its_address() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.to_host = lambda _: encode(
        Frame(p.Type.ERROR, 0, payloads.ERROR.pack(p.Code.FAULT, 0x0800_1234) + b"bus fault")
    )
    with pytest.raises(LinkError, match="crashed: bus fault at 0x08001234"):
        link.infer([b"abcd"])


def test_a_crash_whose_place_the_device_does_not_know() -> None:
    device = FakeDevice((4,))
    text = b"the supply voltage broke down"
    device.sends.append(encode(Frame(p.Type.ERROR, 0, payloads.ERROR.pack(p.Code.FAULT, 0) + text)))
    with pytest.raises(LinkError, match="crashed: the supply voltage broke down\n") as raised:
        session(device)
    assert "check its power supply" in raised.value.hint


def test_a_restart_is_reported() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.sends.append(encode(Frame(p.Type.READY, 0, b"")))
    with pytest.raises(LinkError, match="restarted"):
        link.infer([b"abcd"])


def test_ready_while_greeting_makes_the_host_ask_again_at_once() -> None:
    device = FakeDevice((4,))
    heard = []

    def deaf_at_first(data: bytes) -> bytes:
        heard.append(data)
        if len(heard) == 2:  # the first HELLO, while the device boots
            device.sends.append(encode(Frame(p.Type.READY, 0, b"")))
            return b""
        return data

    device.to_device = deaf_at_first
    link = Session(device, deadlines=Deadlines(repeat_s=30, connect_s=60))
    assert link.hello.model == "reverse"


def test_other_bytes_in_the_devices_memory_are_found_and_replaced() -> None:
    device = FakeDevice((4,))
    link = session(device)
    stray = payloads.WRITE.pack(1, 0) + b"XXXX"  # for the next inference, by whoever
    device.write(encode(Frame(p.Type.WRITE, link._sequence + 99, stray)))
    assert link.infer([b"abcd"]).outputs == (b"dcba",)
    assert device.runs == [b"abcd"]


def test_memory_that_stays_wrong_is_given_up() -> None:
    device = FakeDevice((4,))
    link = session(device)
    device.flip_input = True
    with pytest.raises(LinkError, match="INPUT_CRC"):
        link.infer([b"abcd"])
    assert device.runs == []


def test_wrong_sizes_are_refused_before_anything_is_sent() -> None:
    device = FakeDevice((4, 2))
    link = session(device)
    with pytest.raises(LinkError, match=r"inputs have \[4\] bytes; reverse takes \[4, 2\]"):
        link.infer([b"abcd"])
    assert device.requests == [p.Type.HELLO]


@pytest.mark.parametrize("payload", [b"", b"short", payloads.INVOKED.pack(9, 0, 4) + b"abcd"])
def test_answers_that_make_no_sense_are_refused(payload: bytes) -> None:
    device = FakeDevice((4,))
    link = session(device)
    device._invoke = lambda _: payload
    with pytest.raises(LinkError, match="does not fit"):
        link.infer([b"abcd"])


def test_a_device_that_never_gets_further_is_given_up_at_the_deadline() -> None:
    class Stuck(FakeDevice):
        def _answer(self, frame: Frame) -> Frame:
            if frame.type != p.Type.INVOKE:
                return super()._answer(frame)
            return Frame(p.Type.ERROR, frame.sequence, payloads.ERROR.pack(p.Code.INCOMPLETE, 0))

    stuck = Session(Stuck((4,)), deadlines=Deadlines(1, 1, 0.2))
    with stuck, pytest.raises(LinkError, match="answers INVOKE, and gets no further"):
        stuck.infer([bytes(4)])


def test_a_truncated_hello_is_refused() -> None:
    device = FakeDevice((4,))
    device._hello = lambda _: b"hello"
    with pytest.raises(LinkError, match="HELLO makes no sense"):
        session(device)


@pytest.mark.parametrize("count", [0, 1, 31, 254, 255, 256])
def test_ticks_of_many_layers_come_in_parts(count: int) -> None:
    device = FakeDevice((4,))
    device.layers = [index << 33 for index in range(count)]
    with session(device) as link:
        link.infer([b"abcd"])
        assert link.profile() == tuple(device.layers)


def test_firmware_that_does_not_observe_its_layers_is_named() -> None:
    with session(FakeDevice((4,))) as link:
        link.infer([b"abcd"])
        with pytest.raises(LinkError, match="does not observe its layers"):
            link.profile()


def test_what_layers_write_comes_in_parts_while_the_model_runs() -> None:
    device = FakeDevice((4,))
    device.written = [random.Random(2).randbytes(size) for size in (5000, 1, 0, 2040)]
    with session(device) as link:
        answer, outputs = link.watch([b"abcd"], [5000, 1, 0, 2040])
        assert answer.outputs == (b"dcba",)
        assert outputs == tuple(device.written)
        assert not device.watched
        link.infer([b"abcd"])
    assert len(device.runs) == 2


def test_a_layer_that_is_lost_is_asked_for_once_more() -> None:
    device = FakeDevice((4,))
    device.written = [b"first", b"second"]
    lost = iter([True])

    def lose(data: bytes) -> bytes:
        return b"" if b"second" in data and next(lost, False) else data

    device.to_host = lose
    with session(device) as link:
        assert link.watch([b"abcd"], [5, 6])[1] == (b"first", b"second")
    assert len(device.runs) == 2


def test_layers_that_never_arrive_are_an_error() -> None:
    device = FakeDevice((4,))
    device.written = [b"first"]
    with (
        session(device) as link,
        pytest.raises(LinkError, match="did not arrive whole in 3 attempts"),
    ):
        link.watch([b"abcd"], [5, 6])
    assert not device.watched


def test_what_goes_over_the_line_is_counted() -> None:
    device = FakeDevice((784,))
    data = bytes(784)
    with session(device) as link:
        before = link.traffic
        link.infer([data])
        clean = link.traffic.since(before)
        answers = iter(range(10))
        device.to_host = lambda raw: raw[:-2] if next(answers) == 2 else raw  # INVOKED, once
        link.infer([data])
        both = link.traffic.since(before)
    assert (before.frames_sent, before.frames_received, len(before.round_trips)) == (1, 1, 1)
    assert (clean.frames_sent, clean.frames_received, clean.repeats) == (3, 3, 0)
    assert clean.bytes_sent > 784 > clean.bytes_received - 784 > 0
    assert (clean.damaged, len(clean.round_trips)) == (0, 1)
    # the answer was cut off: its request went again, and the stump ended at the next zero
    assert both.repeats >= 1
    assert both.frames_sent == 6 + both.repeats
    assert (both.damaged, len(both.round_trips)) == (1, 2)


def test_percentiles_are_of_the_nearest_rank() -> None:
    traffic = Traffic(round_trips=[0.004, 0.001, 0.002, 0.003])
    assert [traffic.percentile(p) for p in (0, 50, 75, 90, 100)] == [
        0.001,
        0.002,
        0.003,
        0.004,
        0.004,
    ]
    assert Traffic().percentile(50) == 0.0
