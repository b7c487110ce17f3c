"""What a device says unasked, as lines of text: logs, faults, restarts, and its boot chatter."""

from __future__ import annotations

from tinyedge.link import messages, payloads
from tinyedge.link.framing import decode
from tinyedge.link.protocol import Type

_SHOWN = 0.9  # share of printable characters from which on bytes are text
_LONGEST = 4096


class Monitor:
    """Turns received bytes into lines. Frames stand between zero bytes; the rest may be text."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that ``data`` completes."""
        *ended, self._pending = (self._pending + data).split(b"\0")
        lines = [line for part in ended if part for line in _lines(part)]
        *text, rest = self._pending.splitlines(keepends=True) or [b""]
        if text and all(map(_is_text, text)):
            # Text that no frame follows, such as that of a boot loader.
            self._pending = rest
            lines += [line for part in text for line in _lines(part)]
        self._pending = self._pending[-_LONGEST:]
        return lines


def _lines(part: bytes) -> list[str]:
    frame = decode(part)
    if frame is None:
        # A boot loader's text, perhaps with the garbage of another baud rate behind it.
        texts = [line for line in part.splitlines() if line and _is_text(line)]
        return [messages.plain(text, lines=True) for text in texts]
    if frame.type == Type.READY:
        return ["the device has started"]
    if frame.type == Type.LOG:
        return messages.plain(frame.payload, lines=True).splitlines()
    if frame.type == Type.ERROR and len(frame.payload) >= payloads.ERROR.size:
        return [f"error: {messages.error(frame.payload)}"]
    return []


def _is_text(part: bytes) -> bool:
    shown = sum(32 <= byte < 127 or byte in b"\t\r\n" for byte in part)
    return shown >= _SHOWN * len(part)
