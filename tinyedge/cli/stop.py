"""``tinyedge stop``: end emulated boards that flash has left running."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import flash
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import json_option, save, workspace_option
from tinyedge.errors import ConfigError
from tinyedge.results import StopReport
from tinyedge.workflow import pipeline
from tinyedge.workspace import Workspace


@click.command(
    epilog=by_example(
        ("tinyedge stop", "all emulated boards of this workspace"),
        ("tinyedge stop fashion-cnn --board netduinoplus2", "one of them"),
    )
)
@click.argument("model", required=False)
@click.option("--board", metavar="ID", help="Only on this board (default: all of them).")
@click.option(
    "--runtime",
    type=click.Choice(["aot", "tflm"]),
    help="Only with this runtime (default: both).",
)
@workspace_option
@json_option
def command(
    model: str | None,
    board: str | None,
    runtime: str | None,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Stop what "tinyedge flash" has left running in this workspace: all, or that of MODEL."""
    name = _name(model) if model else "*"
    where = Path(board).name.removesuffix(".toml") if board else "*"
    folders = _folders(workspace, f"{name}/{runtime or '*'}/{where}")
    stopped = [device.url for folder in folders if (device := flash.stop(folder))]
    for url in stopped:
        _console.show(f"stopped the device at {url}")
    if not stopped:
        others = [folder for folder in _folders(workspace, "*/*/*") if flash.running(folder)]
        _console.show("no such device is running" if others else "no device is running")
        for folder in others:
            name, runtime, board, *_ = folder.relative_to(workspace.root).parts
            _console.path("but there is", f"{name} --board {board} --runtime {runtime}")
    save(json_path, StopReport(stopped=tuple(stopped)))


def _folders(workspace: Workspace, target: str) -> list[Path]:
    """Where ``flash`` has left a device, with any protocol."""
    patterns = (f"{target}/{flash.STATE}", f"{target}/*/{flash.STATE}")
    return sorted(path.parent for one in patterns for path in workspace.root.glob(one))


def _name(model: str) -> str:
    """What its folder in the workspace is called; the file may be gone since."""
    try:
        return pipeline.resolve(model).name
    except ConfigError:
        return Path(model).name.removesuffix(".tflite")
