"""``tinyedge board new``: a board file of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import board_file, resources
from tinyedge.cli import _console
from tinyedge.errors import ConfigError
from tinyedge.workspace import write_atomic


@click.group(epilog="Example: tinyedge board new --from netduinoplus2 my-board")
def command() -> None:
    """Make board files."""


@command.command(epilog="Example: tinyedge board new --from netduinoplus2 my-board")
@click.argument("name")
@click.option(
    "--from",
    "base",
    required=True,
    metavar="ID",
    help='The board of "tinyedge boards" whose chip is most like yours.',
)
def new(name: str, base: str) -> None:
    """Write boards/NAME.toml: a copy of another board, with every key explained.

    Change what differs; the next command that reads it says what is wrong, key by key.
    """
    if name in boards.available():
        raise ConfigError(f'there is a board "{name}" already', "choose another name, or edit it")
    like = boards.load(base)
    if base not in boards.available():
        raise ConfigError(f"{base} is no board file", "give the board itself")
    folder = resources.root("boards")
    path: Path = folder / f"{name}.toml"
    text = board_file.commented((folder / f"{base}.toml").read_text(), like, name)
    try:
        write_atomic(path, text)
        boards.read(path)
    except ConfigError:
        path.unlink()
        raise
    _console.path("board", str(path))
    _console.show("next: change what differs from your board, then")
    _console.command("tinyedge boards")
    _console.command(f"tinyedge build digits-cnn --board {name}")
