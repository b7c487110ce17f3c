"""Finds boards/, models/ and firmware_templates/, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from tinyedge.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def root(folder: str) -> Path:
    """Return the folder of that name: beside the package in a checkout, inside it in a wheel.

    Raises ConfigError if the installation lacks it.
    """
    for candidate in (_PACKAGE.parent / folder, _PACKAGE / "_data" / folder):
        if candidate.is_dir():
            return candidate
    raise ConfigError(f"{folder}/ is missing from this installation", "reinstall tinyedge")
