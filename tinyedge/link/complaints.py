"""What a session says when a device crashed, is silent, or speaks another protocol."""

from __future__ import annotations

from tinyedge.errors import LinkError
from tinyedge.link import protocol
from tinyedge.link.arrivals import Arrivals
from tinyedge.link.messages import DeviceError, Hello
from tinyedge.link.protocol import Code, Feature, Type

_REBUILD = 'firmware and host do not match; build and flash again ("tinyedge flash")'
_AGAIN = "check that no other session holds the device, and try again"
_NEXT: dict[int, str] = {
    Code.INCOMPLETE: _AGAIN,
    Code.INPUT_CRC: "check the wiring, or lower link.baud",
    Code.ORDER: _AGAIN,
    Code.MODEL: "restart the device; if it says so again, build and flash its firmware anew",
    Code.FAULT: "restart the device; if it says so again, build and flash its firmware anew",
    Code.SENSOR: "the board's port owes te_port_sensor_begin and te_port_sensor_read; check how "
    "the sensor is wired and powered",
    Code.FLASH: "try again; if it fails again, the flash is worn or protected from being written",
    Code.PACKED: "check the wiring, or lower link.baud",
    Code.AUTH: "it has restarted, or another host has begun a session with it; try again",
}
_UPDATE = {  # by how the device's text begins; see app/update.c
    "not newer": "package it with a higher --number, or with --downgrade if the device is to take "
    'the same or an older version; "tinyedge versions" shows what it has',
    "not signed": "sign it with the key that the device's firmware was built with",
    "a model is on trial": 'end the trial with "tinyedge rollback", or with "tinyedge update" and '
    "its own package",
}
_UNFIT = "package it again with the board and the options that the device's firmware was built with"
_LOCKED = (
    "firmware with the feature locked keeps weights, layers and inputs inside; "
    "to see them, flash it without"
)


def crashed(name: str, error: DeviceError) -> LinkError:
    """A fault that the device at ``name`` has reported."""
    where, look = "", "check its power supply"
    if error.detail:  # 0 where the device does not know
        where, look = f" at {error.detail:#010x}", "look the address up in firmware.map"
    return LinkError(
        f"{name}: the device crashed: {error.text}{where}", f"{look}; then flash the device again"
    )


def other_version(name: str, version: int) -> LinkError:
    """A device of another release."""
    return LinkError(
        f"{name}: the device speaks protocol {version}, "
        f"this tinyedge speaks {protocol.PROTOCOL_VERSION}",
        'build and flash its firmware again ("tinyedge flash")',
    )


def other_model(name: str, hello: Hello, sha256: str) -> LinkError:
    """A device whose model is not the one with ``sha256``."""
    updated = (
        "; if it is an update that it kept, name the .tflite that was packaged and give "
        f'--port {name}, or go back with "tinyedge rollback"'
    )
    learned = (
        "; if that is what the device has learned, name the model that was flashed, and give "
        f'"tinyedge validate" --learned --port {name}'
    )
    return LinkError(
        f"{name} runs another model: {hello.model} ({hello.sha256[:12]}), not {sha256[:12]}",
        'put the right firmware on it with "tinyedge flash"'
        + (updated if hello.features & Feature.UPDATE else "")
        + (learned if hello.features & Feature.LEARN else ""),
    )


def silent(name: str, kind: Type, limit_s: float, arrivals: Arrivals, unasked: int) -> LinkError:
    """No answer to a request of ``kind``; ``unasked`` frames have come instead, or damaged ones."""
    if arrivals.seal is not None and arrivals.seal.doubted:
        return LinkError(
            f"{name}: the device refuses what was sealed for it",
            "another host has begun a session with it, or someone changes what is sent; try again",
        )
    unasked += arrivals.unsealed
    heard = f"; {arrivals.damaged} damaged frames came" if arrivals.damaged else ""
    heard += f"; {unasked} frames came that nobody asked for" if unasked else ""
    hint = "check port, baud rate and power, and that no other session holds the device"
    if kind == Type.HELLO:
        hint += "; does it run tinyedge firmware?"
    return LinkError(f"{name}: no answer to {kind.name} within {limit_s:.0f} s{heard}", hint)


def stuck(name: str, kind: Type) -> LinkError:
    """Requests of ``kind`` are answered, and lead nowhere until the deadline."""
    return LinkError(
        f"{name}: the device answers {kind.name}, and gets no further",
        "restart the device; if it does so again, build and flash its firmware anew",
    )


def refused(name: str, error: DeviceError) -> LinkError:
    """An ERROR that ends a call."""
    if error.code == Code.LOCKED:
        kinds = {int(kind): kind.name for kind in Type}
        asked = kinds.get(error.detail, f"request {error.detail}")
        return LinkError(f"{name}: the device is locked, and does not answer {asked}", _LOCKED)
    hint = _NEXT.get(error.code, _REBUILD)
    if error.code == Code.UPDATE:
        known = (then for why, then in _UPDATE.items() if error.text.startswith(why))
        hint = next(known, _UNFIT)
    return LinkError(f"{name}: the device refused: {error}", hint)


def nonsense(name: str, what: str) -> LinkError:
    """An answer that does not fit ``what`` was asked."""
    return LinkError(f"{name}: the answer to {what} does not fit the request", _REBUILD)
