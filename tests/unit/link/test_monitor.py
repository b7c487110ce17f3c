"""What a device says unasked becomes lines; what it answers does not."""

import pytest

from tinyedge.link import payloads
from tinyedge.link import protocol as p
from tinyedge.link.framing import Frame, encode
from tinyedge.link.monitor import Monitor

BOOT = b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n"


def test_logs_faults_and_restarts_are_shown() -> None:
    monitor = Monitor()
    fault = payloads.ERROR.pack(p.Code.FAULT, 0x1234) + b"bus fault"
    stream = (
        encode(Frame(p.Type.READY, 0, b""))
        + encode(Frame(p.Type.LOG, 0, b"one\ntwo"))
        + encode(Frame(p.Type.STATUS | p.ANSWER, 5, bytes(20)))
        + encode(Frame(p.Type.ERROR, 0, fault))
    )
    assert monitor.feed(stream) == [
        "the device has started",
        "one",
        "two",
        "error: FAULT (4660): bus fault",
    ]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_boot_chatter_is_text_and_frames_follow_it(size: int) -> None:
    monitor, lines = Monitor(), []
    stream = BOOT + b"\x86\x18\xe0\xff" * 5 + encode(Frame(p.Type.READY, 0, b""))
    for at in range(0, len(stream), size):
        lines += monitor.feed(stream[at : at + size])
    assert lines == [
        "ets Jul 29 2019 12:21:46",
        "rst:0x1 (POWERON_RESET),boot:0x13",
        "the device has started",
    ]


def test_noise_is_left_out() -> None:
    assert Monitor().feed(bytes(range(128, 256)) + b"\0") == []
