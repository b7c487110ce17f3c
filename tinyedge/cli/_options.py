"""Options that several verbs share, so that they are named and explained the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from tinyedge.results import Result, write
from tinyedge.workspace import Workspace

DEFAULT_BOARD = "netduinoplus2"

_C = TypeVar("_C", bound=Callable[..., object])


class _WorkspaceType(click.ParamType[Workspace]):
    name = "folder"

    def convert(
        self,
        value: str | Workspace,
        param: click.Parameter | None,  # noqa: ARG002
        ctx: click.Context | None,  # noqa: ARG002
    ) -> Workspace:
        """A folder's path -> Workspace."""
        return value if isinstance(value, Workspace) else Workspace(Path(value))


model_argument = click.argument("model", metavar="MODEL")
board_option = click.option(
    "--board",
    default=DEFAULT_BOARD,
    show_default=True,
    metavar="ID",
    help='A board of "tinyedge boards", or a path to a board\'s .toml.',
)
runtime_option = click.option(
    "--runtime",
    type=click.Choice(["aot", "tflm"]),
    help="Compiled ahead of time, or TensorFlow Lite Micro's interpreter (default: the board's).",
)
port_option = click.option(
    "--port",
    metavar="URL",
    help="A device that is there already: a serial port or a pyserial URL.",
)
workspace_option = click.option(
    "--workspace",
    type=_WorkspaceType(),
    default="build",
    show_default=True,
    help="Where everything that is made is kept.",
)
force_option = click.option(
    "--force", is_flag=True, help="Do it again, even if nothing it depends on has changed."
)
json_option = click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result to this file, too (see docs/json.md).",
)


def target_options(command: _C) -> _C:
    """MODEL, --board, --runtime, --workspace and --json: what says which firmware is meant."""
    for option in (
        json_option,
        workspace_option,
        runtime_option,
        board_option,
        model_argument,
    ):
        command = option(command)
    return command


def save(json_path: Path | None, result: Result) -> None:
    """Write the result where ``--json`` says, if it was given."""
    if json_path is not None:
        write(json_path, result)
