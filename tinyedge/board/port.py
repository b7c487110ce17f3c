"""firmware_templates/port/<name>/port.toml -> frozen :class:`Port`: what its boards have to say."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tinyedge import config, resources

SCHEMA = 1


class Port(config.Table, frozen=True, kw_only=True):
    """The C that a family of boards shares.

    ``shares``: further folders of port/ that belong to it. ``timers``: what timer.source of a board
    may be -> the folder of port/ with its driver, or "" where the port itself has it.
    ``peripherals``: every key of a board's [peripherals], and what its number means; ``optional``:
    those that a board may leave out. ``data_window``: where loads read the program memory, on
    chips whose boot ROM maps it (instructions: at memory.flash); 0: no boot ROM does.
    """

    schema: int
    shares: tuple[str, ...] = ()
    timers: dict[str, str]
    peripherals: dict[str, str] = msgspec.field(default_factory=dict)
    optional: dict[str, str] = msgspec.field(default_factory=dict)
    data_window: int = 0

    @property
    def meanings(self) -> dict[str, str]:
        """Every key that a board may have in [peripherals] -> what its number means."""
        return self.peripherals | self.optional


def available() -> list[str]:
    """Names of all ports, sorted: folders of firmware_templates/port with a port.toml."""
    return sorted(path.parent.name for path in _folder().glob("*/port.toml"))


def load(name: str) -> Port:
    """Return one of :func:`available`. Raises ConfigError if its file is wrong."""
    path = _folder() / name / "port.toml"
    return config.convert(config.read(path, SCHEMA, "restore the file"), Port, path)


def folders(name: str, timer: str) -> list[str]:
    """Template folders that make up a port with that timer, its own last."""
    port = load(name)
    parts = (*port.shares, port.timers[timer], name)
    return [f"port/{part}" for part in parts if part]


def _folder() -> Path:
    return resources.root("firmware_templates") / "port"
