"""What a session says when a device crashed, is silent, or speaks another protocol."""

from __future__ import annotations

from tinyedge.errors import LinkError
from tinyedge.link import protocol
from tinyedge.link.messages import DeviceError
from tinyedge.link.protocol import Type


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


def silent(name: str, kind: Type, limit_s: float, damaged: int, unasked: int) -> LinkError:
    """No answer to a request of ``kind``; ``damaged`` and ``unasked`` frames have come instead."""
    heard = f"; {damaged} damaged frames came" if damaged else ""
    heard += f"; {unasked} frames came that nobody asked for" if unasked else ""
    hint = "check port, baud rate and power, and that no other session holds the device"
    if kind == Type.HELLO:
        hint += "; does it run tinyedge firmware?"
    return LinkError(f"{name}: no answer to {kind.name} within {limit_s:.0f} s{heard}", hint)
