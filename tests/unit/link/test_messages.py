"""What a device says is shown, and does nothing else to a terminal."""

import pytest

from tinyedge.link import messages, payloads
from tinyedge.link import protocol as p


@pytest.mark.parametrize(
    ("raw", "one", "lines"),
    [
        (b"layer 3: 12 \xc2\xb5s", "layer 3: 12 µs", "layer 3: 12 µs"),
        (b"a\r\nb\tc", "a\ufffdb\ufffdc", "a\nb\tc"),
        (b"\x1b[2K\rheld", "\ufffd[2K\ufffdheld", "\ufffd[2K\ufffdheld"),
        ("\u202e\x9b\x08".encode(), "\ufffd" * 3, "\ufffd" * 3),
        (b"\xff", "\ufffd", "\ufffd"),
    ],
)
def test_texts_hold_nothing_that_a_terminal_obeys(raw: bytes, one: str, lines: str) -> None:
    assert messages.plain(raw) == one
    assert messages.plain(raw, lines=True) == lines


def test_a_fault_cannot_write_over_what_was_printed() -> None:
    told = messages.error(
        payloads.ERROR.pack(p.Code.FAULT, 0) + b"\x1b[1A\x1b[2Kheld: 200 answers\nequal"
    )
    assert told.text.isprintable()
