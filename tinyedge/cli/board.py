"""``tinyedge board new``: a board file of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import resources
from tinyedge.board import text as board_file
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.errors import ConfigError
from tinyedge.workspace import write_atomic


@click.group(
    epilog=by_example(
        (
            "tinyedge board new --from stm32f4 my-board",
            "boards/my-board.toml, from the family's first board",
        ),
    )
)
def command() -> None:
    """Make board files."""


@command.command(
    epilog=by_example(
        (
            "tinyedge board new --from stm32f4 my-board",
            "boards/my-board.toml, from the family's first board",
        ),
    )
)
@click.argument("name", default="my-board")
@click.option(
    "--from",
    "base",
    required=True,
    metavar="ID",
    help='The board of "tinyedge boards" whose chip is most like yours, or a family: stm32f4.',
)
def new(name: str, base: str) -> None:
    """Write boards/NAME.toml: a copy of another board, with every key explained.

    NAME is my-board unless given: letters, digits, . _ and -. Change what differs; the next command
    that reads the file says what is wrong, key by key.
    """
    name = name.removesuffix(".toml")
    boards.check_id("the new board's name", name)
    if name in boards.available():
        raise ConfigError(f'there is a board "{name}" already', "choose another name, or edit it")
    like = boards.load(_of_family(base) or base)
    if like.id not in boards.available():
        raise ConfigError(f"{base} is no board file", "give the board itself")
    folder = resources.root("boards")
    path: Path = folder / f"{name}.toml"
    text = board_file.commented((folder / f"{like.id}.toml").read_text(), like, name)
    try:
        write_atomic(path, text)
        boards.read(path)
    except ConfigError:
        path.unlink()
        raise
    _console.path("board", str(path))
    _console.show(f"made from {like.id}, {like.name}")
    _console.show("next: change what differs from your board, then")
    _console.command("tinyedge boards")
    _console.command(f"tinyedge build digits-cnn --board {name}")


def _of_family(name: str) -> str | None:
    """A board whose port has that name, a real one if there is one; None for a board's own id."""
    if name in boards.available():
        return None
    members = [board for board in boards.every() if board.port == name]
    real = [board for board in members if board.link.via == "serial"]
    return next((board.id for board in [*real, *members]), None)
