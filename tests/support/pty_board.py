"""A board on a pseudo terminal: boot loader's text, then the wheel's interpreter behind frames."""

from __future__ import annotations

import contextlib
import os
import select

from tests.support.pty_end import PtyEnd
from tinyedge.flash.tflm_host import Device
from tinyedge.link.framing import Decoder, Frame, encode
from tinyedge.link.protocol import Type

CHATTER = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
)


class PtyBoard(PtyEnd):
    """Restarts at a session's first request, as boards do when their port is opened."""

    def __init__(self, tflite: bytes, name: str) -> None:
        super().__init__()
        self._device = Device(tflite, name)

    def _serve(self) -> None:
        decoder, greeted = Decoder(), -1
        while not self._over.is_set():
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            for request in decoder.feed(os.read(self._master, 4096)):
                if request.type == Type.HELLO and request.sequence != greeted:
                    greeted = request.sequence
                    self._send(CHATTER + encode(Frame(Type.READY, 0, b"")))
                self._send(encode(self._device.answer(request, decoder.damaged)))

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(self._master, data)
