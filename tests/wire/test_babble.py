"""A device that never stops talking: a clear error within the deadline, and no more memory."""

import itertools
import tracemalloc
from collections.abc import Iterator
from time import monotonic

import pytest

from tests.support.wire_device import FakeDevice
from tinyedge.errors import LinkError
from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.session import Deadlines, Session

DEADLINES = Deadlines(connect_s=0.5, answer_s=0.5, invoke_s=0.5, repeat_s=0.05)
SLACK_S = 60.0  # for a busy machine; without a deadline it never ends
MEGABYTES = 8
CHUNK = 40_000


def _frames(kind: int, payloads: Iterator[bytes]) -> Iterator[bytes]:
    """Whole frames without end, some at a time."""
    for number in itertools.count():
        frames = (encode(Frame(kind, number + at & 0xFFFF, next(payloads))) for at in range(8))
        yield b"".join(frames)


BABBLE = {
    "bytes": lambda: itertools.repeat(bytes(range(1, 251)) * (CHUNK // 250)),
    "zeros": lambda: itertools.repeat(bytes(CHUNK)),
    "damaged": lambda: itertools.repeat(b"\0noise" * (CHUNK // 6)),
    "answers": lambda: _frames(p.Type.STATUS | p.ANSWER, itertools.repeat(bytes(20))),
    "unknown": lambda: _frames(0x55, itertools.repeat(bytes(2000))),
    "errors": lambda: _frames(p.Type.ERROR, itertools.repeat(payloads.ERROR.pack(p.Code.RANGE, 1))),
    "log": lambda: _frames(p.Type.LOG, itertools.repeat(b"x" * 2000)),
    "layers": lambda: _frames(
        p.Type.LAYER, (payloads.LAYER.pack(0, at) + bytes(2000) for at in itertools.count())
    ),
}


class Babbler(FakeDevice):
    """Answers until it is told to babble, and then does so whenever it is listened to."""

    def __init__(self, said: Iterator[bytes]) -> None:
        super().__init__((4,))
        self._said, self.babbles = said, False

    def read(self, timeout_s: float) -> bytes:
        return next(self._said) if self.babbles else super().read(timeout_s)


@pytest.mark.parametrize("kind", BABBLE)
@pytest.mark.parametrize("greeted", [False, True], ids=["greeting", "inference"])
def test_it_ends_in_an_error_in_time_and_takes_no_memory(kind: str, greeted: bool) -> None:
    device = Babbler(BABBLE[kind]())
    link = Session(device, deadlines=DEADLINES) if greeted else None
    device.babbles = True
    tracemalloc.start()
    try:
        began = monotonic()
        with pytest.raises(LinkError) as raised:
            link.infer([b"abcd"]) if link else Session(device, deadlines=DEADLINES)
        assert monotonic() - began < SLACK_S
        assert raised.value.message
        assert raised.value.hint
        most = 64 if kind == "layers" else MEGABYTES  # these are kept, up to a limit
        assert tracemalloc.get_traced_memory()[1] < most << 20
    finally:
        tracemalloc.stop()


def test_what_came_is_told() -> None:
    device = Babbler(BABBLE["unknown"]())
    device.babbles = True
    with pytest.raises(LinkError, match=r"no answer to HELLO .*; \d+ frames came that nobody"):
        Session(device, deadlines=DEADLINES)


def test_logs_are_handed_on_while_it_lasts() -> None:
    device, texts = Babbler(BABBLE["log"]()), []
    link = Session(device, deadlines=DEADLINES, on_log=lambda text: texts.append(len(text)))
    device.babbles = True
    with pytest.raises(LinkError, match="no answer to INVOKE"):
        link.infer([b"abcd"])
    assert texts
    assert set(texts) == {2000}


def test_a_stream_that_is_too_short_to_be_one_is_refused() -> None:
    device = Babbler(_frames(p.Type.LAYER, itertools.repeat(b"\1")))
    device.babbles = True
    with pytest.raises(LinkError, match="does not fit"):
        Session(device, deadlines=DEADLINES)
