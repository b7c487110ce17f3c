"""Bytes to and from a device by URL: sockets, the rest through pyserial.

What goes wrong says what to do next.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from tinyedge.errors import LinkError

_CHUNK = 65536
_CONNECT_S = 20.0
_WRITE_S = 60.0  # emulators on a loaded machine are slow to read


class DeviceGoneError(LinkError):
    """The port has vanished, or its other end has closed it."""


class Transport(Protocol):
    """A byte stream. Both calls raise DeviceGoneError at once when it has gone."""

    name: str

    def read(self, timeout_s: float) -> bytes:
        """What has arrived; waits up to ``timeout_s`` for the first byte; empty if none came."""

    def write(self, data: bytes) -> None:
        """Send all bytes."""

    def close(self) -> None:
        """Give the port back. May be called twice."""


class SerialTransport:
    """A serial port, a pseudo terminal or a socket:// URL."""

    def __init__(self, url: str, baud: int) -> None:
        self.name = url
        self._port: Any = _open(url, baud)

    def read(self, timeout_s: float) -> bytes:
        """See Transport."""
        try:
            ready, _, _ = select.select([self._port], [], [], max(0.0, timeout_s))
            return bytes(self._port.read(_CHUNK)) if ready else b""
        except (OSError, ValueError, TypeError) as error:
            raise self._gone(error) from error

    def write(self, data: bytes) -> None:
        """See Transport."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkError(
                f"{self.name} takes no more bytes", "the device does not read; reset it"
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise self._gone(error) from error

    def close(self) -> None:
        """See Transport."""
        self._port.close()

    def _gone(self, error: Exception) -> DeviceGoneError:
        return DeviceGoneError(
            f"{self.name}: the device has gone ({error})",
            "check its cable and power (an emulated board: whether it still runs), then try again",
        )


class _Socket:
    """A connection with what is needed of pyserial's ports.

    Theirs holds small writes back until the last one is acknowledged, and sleeps when it is closed.
    """

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        try:
            self._socket = socket.create_connection((at.hostname or "", at.port or 0), _CONNECT_S)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise LinkError(
                f"nothing answers at {url} ({error})", 'start the device with "tinyedge flash"'
            ) from error
        self._socket.settimeout(_WRITE_S)

    def fileno(self) -> int:
        return self._socket.fileno()

    def read(self, size: int) -> bytes:
        data = self._socket.recv(size)
        if not data:
            raise ConnectionResetError("it has closed the connection")
        return data

    def write(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            if error.errno is not None:  # the network's: the connection is lost
                raise
            raise serial.SerialTimeoutException(f"not within {_WRITE_S:g} s") from error

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the other end may have gone
            self._socket.shutdown(socket.SHUT_RDWR)  # in order, also where bytes are left unread
        self._socket.close()


def _open(url: str, baud: int) -> Any:
    """Open a URL without waiting on reads. Raises LinkError with the next step."""
    options: dict[str, object] = {"baudrate": baud, "timeout": 0}
    if "://" not in url:
        # Two programs that read one port each get half of the answers.
        options |= {"exclusive": True, "write_timeout": 5.0}
    try:
        parts = urlsplit(url)
        # ValueError, too, where it is out of range; another scheme may have colons of its own
        if parts.scheme == "socket" and parts.port is None:
            raise ValueError("it has no port number")
        if parts.scheme == "socket":
            return _Socket(url)
        port = serial.serial_for_url(url, do_not_open=True, **options)
        # The boards' auto-reset circuits hang on these lines: released while opening, they leave
        # the board running, or restarted, and never in its bootloader.
        port.dtr = port.rts = False
        port.open()
        return port
    except serial.SerialException as error:
        raise _explain(url, error) from error
    except (OSError, ValueError) as error:
        raise LinkError(
            f'"{url}" cannot be opened: {error}',
            "give a port such as /dev/ttyUSB0 or socket://127.0.0.1:4000",
        ) from error


def _explain(url: str, error: Exception) -> LinkError:
    number = getattr(error, "errno", None)
    text = str(error)
    if "://" in url:
        return LinkError(
            f"nothing answers at {url} ({text})", 'start the device with "tinyedge flash"'
        )
    if number == errno.ENOENT or not Path(url).exists():
        return LinkError(
            f"there is no port {url}", f"plug the board in; ports now: {_ports() or 'none'}"
        )
    if number == errno.EACCES:
        return LinkError(
            f"no permission to open {url}",
            'add yourself to its group ("sudo usermod -aG dialout $USER") and log in again',
        )
    if number in (errno.EBUSY, errno.EAGAIN) or "lock" in text:
        return LinkError(
            f"{url} is in use by another program", "close the other monitor or session, then retry"
        )
    return LinkError(f"{url} cannot be opened as a serial port: {text}", "choose another port")


def _ports() -> str:
    return ", ".join(sorted(port.device for port in list_ports.comports()))
