"""``tinyedge monitor``: what a device says on its own, until Ctrl-C."""

from __future__ import annotations

import click

from tinyedge import board as boards
from tinyedge import flash, pipeline
from tinyedge.board import Board
from tinyedge.cli import _console
from tinyedge.cli._options import (
    board_option,
    model_argument,
    port_option,
    runtime_option,
    workspace_option,
)
from tinyedge.errors import LinkError
from tinyedge.flash import ports
from tinyedge.link.monitor import Monitor
from tinyedge.link.transport import SerialTransport
from tinyedge.workspace import Workspace

_WAIT_S = 0.5


@click.command(epilog="Example: tinyedge monitor fashion-cnn --board esp32 --port /dev/ttyUSB0")
@model_argument
@board_option
@runtime_option
@port_option
@workspace_option
def command(
    *, model: str, board: str, runtime: str | None, port: str | None, workspace: Workspace
) -> None:
    """Show logs, faults and restarts of the device with MODEL's firmware.

    The device is the one at --port, the one that "tinyedge flash" left, or the only board that is
    plugged in. Opening the port restarts most boards.
    """
    loaded = boards.load(board)
    folder = workspace.target(pipeline.resolve(model).name, runtime or loaded.runtime, loaded.id)
    left = flash.running(folder)
    url = port or (left.url if left else _plugged_in(loaded))
    transport, monitor = SerialTransport(url, loaded.link.baud), Monitor()
    _console.note(f"listening to {url}; Ctrl-C ends it")
    try:
        while True:
            for line in monitor.feed(transport.read(_WAIT_S)):
                click.echo(line)
    finally:
        transport.close()


def _plugged_in(board: Board) -> str:
    if board.link.via == "serial":
        return ports.find()
    raise LinkError(
        f"no {board.id} is running with this firmware", 'start one with "tinyedge flash"'
    )
