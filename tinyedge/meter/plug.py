"""``--meter NAME:WHERE``: the monitor of that name, or of a class of the user's own."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from importlib import metadata
from typing import Any

from tinyedge.errors import ConfigError, TinyedgeError, near_match
from tinyedge.meter.csv_serial import CsvMeter
from tinyedge.meter.samples import PowerMeter

GROUP = "tinyedge.meters"
"""Entry points of this group are monitors: their names, and classes made with WHERE."""

_OWN: dict[str, Callable[[str], PowerMeter]] = {"csv": CsvMeter}
_CLASS = re.compile(r"([A-Za-z_][\w.]*):([A-Za-z_]\w*)(?::(.*))?")


def load(given: str) -> PowerMeter:
    """``csv:/dev/ttyACM1``, another name, or ``package.module:Class:WHERE`` -> a closed monitor.

    Raises ConfigError, with the names that there are, if it is none of them.
    """
    name, _, where = given.partition(":")
    made = _OWN.get(name) or _installed().get(name)
    if made is not None:
        return _made(made, where, given)
    spelled = _CLASS.fullmatch(given)
    if spelled is None:
        names = [*_OWN, *_installed()]
        raise ConfigError(
            f'there is no power monitor "{name}"{near_match(name, names)}',
            f"write NAME:PORT with one of: {', '.join(names)}; or module:Class:PORT",
        )
    return _made(_imported(spelled[1], spelled[2], given), spelled[3] or "", given)


def _installed() -> dict[str, Callable[[str], PowerMeter]]:
    return {point.name: _late(point) for point in metadata.entry_points(group=GROUP)}


def _late(point: metadata.EntryPoint) -> Callable[[str], PowerMeter]:
    """Import only the one that is asked for."""

    def make(where: str) -> PowerMeter:
        made: PowerMeter = point.load()(where)
        return made

    return make


def _imported(module: str, name: str, given: str) -> Callable[[str], PowerMeter]:
    try:
        found: Callable[[str], PowerMeter] = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"--meter {given}: {error}", "install the module, or set PYTHONPATH to its folder"
        ) from error
    return found


def _made(make: Callable[[str], PowerMeter], where: str, given: str) -> PowerMeter:
    try:
        meter = make(where)
    except TinyedgeError:
        raise
    except Exception as error:
        raise ConfigError(
            f"--meter {given}: {type(error).__name__}: {error}",
            "docs/energy.md says how its class is called",
        ) from error
    return _check(meter, given)


def _check(meter: Any, given: str) -> PowerMeter:
    missing = [name for name in ("open", "read", "close") if not callable(getattr(meter, name, 0))]
    if missing:
        raise ConfigError(
            f"--meter {given}: it has no {', '.join(missing)}",
            "docs/energy.md says what it owes",
        )
    checked: PowerMeter = meter
    return checked
