"""What firmware with the feature ``auth`` has of its device, and the ciphers."""

from __future__ import annotations

from tinyedge.emit import carray, monocypher
from tinyedge.emit.render import render
from tinyedge.emit.view import DeviceKeyView


def files(name: str, key: bytes) -> dict[str, str]:
    """Return path in the firmware folder -> text. ``key``: of the device ``name``, 32 bytes."""
    view = DeviceKeyView(name=name, key=carray.rows(key))
    return {
        "auth/te_device_key.h": render("auth/te_device_key.h.j2", view),
        **monocypher_files(),
    }


def monocypher_files() -> dict[str, str]:
    """The same for every feature that needs them."""
    return {f"monocypher/{name}": text for name, text in monocypher.sources().items()}
