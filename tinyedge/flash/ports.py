"""Finds the serial port of a board by the USB ids of the chips that such boards carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tinyedge.board import Board
from tinyedge.errors import LinkError

# (vendor, product) -> the USB chip on the board
BRIDGES = {
    (0x10C4, 0xEA60): "CP210x",
    (0x10C4, 0xEA70): "CP2105",
    (0x10C4, 0xEA71): "CP2108",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x7522): "CH340K",
    (0x1A86, 0x55D2): "CH342",
    (0x1A86, 0x55D3): "CH343",
    (0x1A86, 0x55D4): "CH9102",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6010): "FT2232H",
    (0x0403, 0x6011): "FT4232H",
    (0x0403, 0x6014): "FT232H",
    (0x0403, 0x6015): "FT231X",
    (0x067B, 0x2303): "PL2303",
    (0x0483, 0x374B): "ST-LINK/V2-1",
    (0x0483, 0x374E): "ST-LINK/V3",
    (0x1366, 0x0105): "J-Link",
    (0x1366, 0x1015): "J-Link",
    (0x1366, 0x1051): "J-Link",
    (0x0D28, 0x0204): "DAPLink",
    (0x2E8A, 0x000C): "Debug Probe",
}
NATIVE = (0x303A, 0x1001)
"""The USB port inside an ESP32-S3 or C3: not the UART that the firmware speaks on."""


@dataclass(frozen=True)
class Port:
    """One serial port, and the USB chip behind it."""

    device: str
    chip: str

    def __str__(self) -> str:
        return f"{self.device} ({self.chip})"


Ask = Callable[[Sequence[Port]], Port]
"""Lets the user choose one of several ports."""


def find(given: str = "", ask: Ask | None = None, wanted: Board | None = None) -> str:
    """Return the port to use: ``given``, or the only board that is plugged in.

    Several: ``ask`` chooses; without it, and where there is none, LinkError lists what there is.
    ``wanted``: which board it is to be, to say so.
    """
    if given:
        return existing(given)
    found = _boards()
    if len(found) == 1:
        return found[0].device
    if not found:
        raise _none(wanted)
    if ask is not None:
        return ask(found).device
    listed = ", ".join(map(str, found))
    first = found[0].device
    raise LinkError(
        f"several boards are plugged in: {listed}",
        f"choose: --port {first} (with make: PORT={first})",
    )


def _comports() -> list[tuple[str, tuple[int | None, int | None]]]:
    from serial.tools import list_ports  # noqa: PLC0415  takes a while, and only flashing needs it

    return sorted((port.device, (port.vid, port.pid)) for port in list_ports.comports())


def _boards() -> list[Port]:
    return [Port(device, BRIDGES[ids]) for device, ids in _comports() if ids in BRIDGES]


def existing(device: str) -> str:
    """Return ``device``, a port or a URL. Raises LinkError if there is no such port."""
    if "://" in device or Path(device).exists():
        return device
    known = ", ".join(name for name, _ in _comports()) or "none"
    raise LinkError(f"there is no port {device}", f"plug the board in; ports now: {known}")


def _none(wanted: Board | None) -> LinkError:
    ports = _comports()
    native = [device for device, ids in ports if ids == NATIVE]
    if native:
        return LinkError(
            f"{native[0]} is the chip's own USB port, and the firmware speaks on its UART",
            "use the board's other USB socket (UART), or connect a USB serial adapter to UART0",
        )
    others = ", ".join(device for device, ids in ports if ids != (None, None)) or "none"
    return LinkError(
        "no board is plugged in: no serial port has the USB id of a known USB serial chip",
        f"plug it in with a data cable{'' if wanted is None else f': {wanted.name}'}; or name the "
        f"port: --port /dev/ttyUSB0 (with make: PORT=/dev/ttyUSB0; USB ports: {others})",
    )
