"""Which serial port is taken, and what is said where none or several could be."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tinyedge import board as boards
from tinyedge.errors import LinkError
from tinyedge.flash import ports
from tinyedge.flash.ports import Port

CP210X, CH9102 = (0x10C4, 0xEA60), (0x1A86, 0x55D4)
OTHER, BUILT_IN = (0x046D, 0xC52B), (None, None)


def _plugged(monkeypatch: pytest.MonkeyPatch, **ids: tuple[int | None, int | None]) -> None:
    found = sorted((f"/dev/{name}", pair) for name, pair in ids.items())
    monkeypatch.setattr(ports, "_comports", lambda: found)


def test_the_only_board_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyS0=BUILT_IN, ttyACM0=OTHER, ttyUSB1=CP210X)
    assert ports.find() == "/dev/ttyUSB1"


def test_a_given_port_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyUSB0=CP210X, ttyUSB1=CP210X)
    (tmp_path / "port").touch()
    assert ports.find(str(tmp_path / "port")) == str(tmp_path / "port")
    assert ports.find("socket://127.0.0.1:4000") == "socket://127.0.0.1:4000"


def test_a_given_port_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyUSB0=CP210X)
    with pytest.raises(LinkError, match="there is no port /dev/ttyUSB7") as caught:
        ports.find("/dev/ttyUSB7")
    assert "/dev/ttyUSB0" in caught.value.hint


def test_several_boards_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyUSB0=CP210X, ttyACM0=CH9102)
    with pytest.raises(LinkError, match=r"/dev/ttyACM0 \(CH9102\), /dev/ttyUSB0 \(CP210x\)"):
        ports.find()


def test_several_boards_and_someone_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyUSB0=CP210X, ttyACM0=CH9102)
    asked: list[Sequence[Port]] = []

    def ask(found: Sequence[Port]) -> Port:
        asked.append(found)
        return found[1]

    assert ports.find(ask=ask) == "/dev/ttyUSB0"
    assert [str(port) for port in asked[0]] == ["/dev/ttyACM0 (CH9102)", "/dev/ttyUSB0 (CP210x)"]


def test_no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyS0=BUILT_IN, ttyACM0=OTHER)
    with pytest.raises(LinkError, match="no board is plugged in") as caught:
        ports.find()
    assert "USB ports: /dev/ttyACM0" in caught.value.hint
    with pytest.raises(LinkError) as caught:
        ports.find(wanted=boards.load("pico"))
    assert "Pico (RP2040; serial adapter on GP0, GP1); or name the port" in caught.value.hint
    assert "--port /dev/ttyUSB0 (with make: PORT=" in caught.value.hint


def test_the_chips_own_usb_port_is_not_its_uart(monkeypatch: pytest.MonkeyPatch) -> None:
    _plugged(monkeypatch, ttyACM0=ports.NATIVE)
    with pytest.raises(LinkError, match="the chip's own USB port") as caught:
        ports.find()
    assert "UART" in caught.value.hint
