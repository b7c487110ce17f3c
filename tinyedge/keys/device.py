"""Keys of devices: 32 random bytes each, as hexadecimal digits in a file for its owner alone."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinyedge.errors import ConfigError, TinyedgeError
from tinyedge.keys import secret_file

FOLDER = "devices"
"""Where they are, below the keys that sign."""
BYTES = 32
_ENDING = ".key"
_MAKE = 'make one with "tinyedge keys --device NAME"'
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}")


@dataclass(frozen=True)
class DeviceKey:
    """The key of the device called ``name``; a message never shows it."""

    name: str
    key: bytes = field(repr=False)


def make(folder: Path, name: str) -> Path:
    """Write a new key for the device ``name``; return its path.

    Raises ConfigError for a name that is none, or if there is a key for it.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f'"{name}" is no name of a device',
            "use 1 to 31 letters, digits, dots, dashes and underscores, a letter or digit first",
        )
    path = folder / f"{name}{_ENDING}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        secret_file.write(path, f"{secrets.token_hex(BYTES)}\n".encode())
    except FileExistsError as error:
        raise ConfigError(
            f"{path} is there already", "the device has it: choose another name, or another --out"
        ) from error
    except OSError as error:
        raise TinyedgeError(f"{path}: {error.strerror}", "choose another with --out") from error
    return path


def read(path: Path) -> DeviceKey:
    """Read a key; the device is called as the file is.

    Raises ConfigError if it holds none, or is open to other users.
    """
    name = path.name.removesuffix(_ENDING)
    if not _NAME.fullmatch(name) or name == path.name:
        raise ConfigError(f"{path} is not called NAME{_ENDING}, after its device", _MAKE)
    try:
        key = bytes.fromhex(secret_file.read(path).decode().strip())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", _MAKE) from error
    except ValueError as error:
        raise ConfigError(f"{path} holds no key: it is not of hexadecimal digits", _MAKE) from error
    if len(key) != BYTES:
        raise ConfigError(f"{path} holds {len(key)} bytes, and a key has {BYTES}", _MAKE)
    return DeviceKey(name, key)


def wanted(features: Sequence[str], path: str | None) -> DeviceKey | None:
    """The key that firmware with the feature auth gets; None without the feature.

    Raises ConfigError if none was given, or if the file at ``path`` holds none.
    """
    if "auth" not in features:
        return None
    if path is None:
        raise ConfigError(
            "the feature auth needs the key of the device",
            f"{_MAKE}, then give it with --device-key",
        )
    return read(Path(path))


def only(given: DeviceKey | None) -> Callable[[str], bytes] | None:
    """What gives the key of the one device that is meant; None if none was given.

    It raises ConfigError for another device, even one whose key is known: who has that one's key
    must not pass for this one.
    """
    if given is None:
        return None

    def find(name: str) -> bytes:
        if name == given.name:
            return given.key
        raise ConfigError(
            f"the device says that it is {name!r}, and the key is that of {given.name!r}",
            f"give the key of {name!r} with --device-key, or --port of {given.name!r}; "
            "a device is called as its key's file was when it was flashed",
        )

    return find


def finder(folder: Path, given: DeviceKey | None) -> Callable[[str], bytes] | None:
    """What finds the keys of several devices by their names: ``given``, or one of ``folder``.

    It raises ConfigError if there is none, and for a device that was found before. None if none
    was given.
    """
    if given is None:
        return None
    found: set[str] = set()
    alone = threading.Lock()

    def find(name: str) -> bytes:
        key = given.key if name == given.name else _of_folder(folder, name)
        with alone:
            if name in found:
                raise ConfigError(
                    f"the device {name!r} answers at two ports",
                    "each device needs a key of its own: flash one of them with another",
                )
            found.add(name)
        return key

    return find


def _of_folder(folder: Path, name: str) -> bytes:
    path = folder / f"{name}{_ENDING}"
    # The name comes over the wire: it must not lead out of the folder.
    if not _NAME.fullmatch(name) or not path.is_file():
        raise ConfigError(
            f"there is no key for the device {name!r} in {folder}",
            f"put {path.name!r} there, or give it with --device-key",
        )
    return read(path).key
