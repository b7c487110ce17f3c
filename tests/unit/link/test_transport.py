"""Ports that cannot be opened, or that vanish: each its own message and next step."""

import os
import pty
import socket
from pathlib import Path

import pytest

from tinyedge.errors import LinkError
from tinyedge.link import transport
from tinyedge.link.deadlines import Deadlines
from tinyedge.link.session import Session
from tinyedge.link.transport import DeviceGoneError, SerialTransport, _explain


def test_a_port_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"there is no port .*/ttyNONE") as raised:
        SerialTransport(str(tmp_path / "ttyNONE"), 115200)
    assert "plug the board in" in raised.value.hint


def test_a_file_is_no_port(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("x")
    with pytest.raises(LinkError, match="cannot be opened as a serial port"):
        SerialTransport(str(file), 115200)


def test_a_socket_without_a_device_says_how_to_start_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens there, nor can
        port = free.getsockname()[1]
        with pytest.raises(LinkError, match="nothing answers") as raised:
            SerialTransport(f"socket://127.0.0.1:{port}", 115200)
    assert "tinyedge flash" in raised.value.hint


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("smoke://signal", "smoke"),
        ("socket://127.0.0.1", "it has no port number"),
        ("socket://127.0.0.1:99999", "out of range"),
    ],
)
def test_a_wrong_url_is_refused(url: str, why: str) -> None:
    with pytest.raises(LinkError, match=f"cannot be opened: .*{why}") as raised:
        SerialTransport(url, 115200)
    assert "socket://127.0.0.1:4000" in raised.value.hint


def test_a_url_of_pyserial_s_may_have_colons_of_its_own() -> None:
    with pytest.raises(LinkError, match="nothing answers at hwgrep"):
        SerialTransport("hwgrep://VID:PID=FFFF:FFFF", 115200)


def test_a_socket_that_nobody_reads_takes_no_more_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_WRITE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialTransport(f"socket://127.0.0.1:{server.getsockname()[1]}", 115200)
        with pytest.raises(LinkError, match="takes no more bytes") as raised:
            port.write(bytes(64 << 20))  # more than its buffers hold
        assert not isinstance(raised.value, DeviceGoneError)
        port.close()


def test_no_permission_names_the_group(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    error = PermissionError(13, "could not open port: Permission denied")
    assert "dialout" in _explain(str(port), error).hint


def test_a_port_in_use_is_said_to_be() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    first = SerialTransport(name, 115200)
    with pytest.raises(LinkError, match="in use by another program"):
        SerialTransport(name, 115200)
    first.close()
    os.close(master)
    os.close(slave)


def test_bytes_go_both_ways_through_a_terminal() -> None:
    master, slave = pty.openpty()
    port = SerialTransport(os.ttyname(slave), 115200)
    os.write(master, b"\x00\xff\x11\x13")
    data = b""
    while len(data) < 4:
        data += port.read(60.0)
    assert data == b"\x00\xff\x11\x13"
    assert port.read(0.0) == b""
    port.write(b"back\x00")
    assert os.read(master, 100) == b"back\x00"
    port.close()
    os.close(slave)
    os.close(master)


def test_an_unplugged_terminal_is_noticed() -> None:
    master, slave = pty.openpty()
    port = SerialTransport(os.ttyname(slave), 115200)
    os.close(slave)
    os.close(master)
    with pytest.raises(DeviceGoneError, match="the device has gone"):
        port.read(60.0)


def test_a_closed_socket_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialTransport(f"socket://127.0.0.1:{server.getsockname()[1]}", 115200)
        peer, _ = server.accept()
        peer.close()
        with pytest.raises(DeviceGoneError, match="cable and power"):
            port.read(60.0)


def test_a_terminal_that_never_answers_is_silent() -> None:
    master, slave = pty.openpty()
    with pytest.raises(LinkError, match="no answer to HELLO"):
        Session(os.ttyname(slave), deadlines=Deadlines(connect_s=0.3, repeat_s=0.1))
    os.close(slave)
    os.close(master)
