"""A pseudo terminal that stands for a device, and stays while clients and device come and go."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import time
import tty
from collections.abc import Callable

from tinyedge.errors import LinkError
from tinyedge.link.transport import DeviceGoneError, SerialTransport, Transport

_CHUNK = 4096
_POLL_S = 0.02
_REOPEN_S = 0.5
_KEPT = 1 << 16  # bytes kept for a client that does not read; then the oldest go


class Bridge:
    """The terminal. Use as a context manager; ``terminal`` is what clients open.

    Its other end is held open here, so that a client that leaves is no hang-up.
    """

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.terminal = os.ttyname(self._slave)
        self._waiting = b""

    def __enter__(self) -> Bridge:
        return self

    def __exit__(self, *_error: object) -> None:
        for end in (self._master, self._slave):
            os.close(end)

    def serve(
        self,
        url: str,
        baud: int,
        *,
        over: Callable[[], bool] = lambda: False,
        on_gone: Callable[[LinkError], None] = lambda _: None,
    ) -> None:
        """Pass bytes both ways until ``over``; a device that has gone is opened again.

        ``on_gone`` is told of each loss. Raises LinkError if the device cannot be opened at first.
        """
        transport: SerialTransport | None = SerialTransport(url, baud)
        try:
            while not over():
                if transport is None:
                    transport = _opened(url, baud)
                    continue
                try:
                    self._pass(transport)
                except DeviceGoneError as error:
                    on_gone(error)
                    transport.close()
                    transport = None
        finally:
            if transport is not None:
                transport.close()

    def _pass(self, transport: Transport) -> None:
        """What has arrived on either side within a moment."""
        self._waiting = (self._waiting + transport.read(_POLL_S))[-_KEPT:]
        if self._waiting:
            with contextlib.suppress(BlockingIOError):  # no client reads
                self._waiting = self._waiting[os.write(self._master, self._waiting) :]
        if select.select([self._master], [], [], 0)[0]:
            transport.write(os.read(self._master, _CHUNK))


def _opened(url: str, baud: int) -> SerialTransport | None:
    """None, after a moment, if the device is not there."""
    try:
        return SerialTransport(url, baud)
    except LinkError:
        time.sleep(_REOPEN_S)
        return None
