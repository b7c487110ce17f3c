"""``tinyedge keys``: a pair of keys that signs packages, or the key of one device."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import keys
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import json_option, save, workspace_option
from tinyedge.keys import device as device_keys
from tinyedge.results import KeysReport
from tinyedge.workspace import Workspace


@click.command(
    epilog=by_example(
        ("tinyedge keys", "to sign packages"),
        ("tinyedge keys --device kitchen-3", "for one device that answers nobody else"),
    )
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for them (default: keys in the workspace, where the other verbs look).",
)
@click.option(
    "--device",
    metavar="NAME",
    help="Make the key of one device instead, in the folder devices there.",
)
@workspace_option
@json_option
def command(
    *, out: Path | None, device: str | None, workspace: Workspace, json_path: Path | None
) -> None:
    """Make a pair of keys: one signs packages, with the other firmware checks them.

    Whoever has update.key can put models on your devices: keep it to yourself, and keep a copy,
    for a device takes packages of no other key. update.pub goes into firmware built with
    --feature update.

    With --device: a key that host and one device share, for firmware built with --device-key. Make
    one for each device, and keep copies: such a device answers nobody else.
    """
    folder = out or workspace.keys
    if device is not None:
        path = device_keys.make(folder / device_keys.FOLDER, device)
        _console.path(f"shared with {device}, keep it to yourself", str(path))
        report = KeysReport(secret=str(path), public="", device=device)
    else:
        secret, public = keys.make(folder)
        _console.path("signs, keep it to yourself", str(secret))
        _console.path("checks, goes into firmware", str(public))
        report = KeysReport(secret=str(secret), public=str(public), device="")
    save(json_path, report)
