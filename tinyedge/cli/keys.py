"""``tinyedge keys``: a pair of keys that signs packages."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import keys
from tinyedge.cli import _console
from tinyedge.cli._options import json_option, save, workspace_option
from tinyedge.results import KeysReport
from tinyedge.workspace import Workspace


@click.command(epilog="Example: tinyedge keys")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for them (default: keys in the workspace, where the other verbs look).",
)
@workspace_option
@json_option
def command(*, out: Path | None, workspace: Workspace, json_path: Path | None) -> None:
    """Make a pair of keys: one signs packages, with the other firmware checks them.

    Whoever has update.key can put models on your devices: keep it to yourself, and keep a copy,
    for a device takes packages of no other key. update.pub goes into firmware built with
    --feature update.
    """
    secret, public = keys.make(out or workspace.root / "keys")
    _console.path("signs, keep it to yourself", str(secret))
    _console.path("checks, goes into firmware", str(public))
    save(json_path, KeysReport(secret=str(secret), public=str(public)))
