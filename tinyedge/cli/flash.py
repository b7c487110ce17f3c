"""``tinyedge flash``: put the firmware on a board, or start an emulated one that stays."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import build as building
from tinyedge import flash as flashing
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, protocol_option, save, target_options
from tinyedge.emit.mlperf import Protocol
from tinyedge.errors import ConfigError
from tinyedge.flash import ports
from tinyedge.flash.ports import Port
from tinyedge.results import FlashReport
from tinyedge.workflow import devices, pipeline


@click.command(
    epilog=by_example(
        ("tinyedge flash fashion-cnn", "an emulated board that runs on until tinyedge stop"),
        ("tinyedge flash model.tflite --board nucleo-f446re --port /dev/ttyACM0", "a real one"),
    )
)
@target_options
@port_option
@protocol_option
def command(
    *,
    target: Target,
    port: str | None,
    protocol: Protocol,
    json_path: Path | None,
) -> None:
    """Build MODEL's firmware and put it on the board; an emulated board is started, and stays.

    "validate" and "bench" with the same model, board and runtime then use it. "tinyedge stop"
    ends it.
    """
    # Asked before minutes of work, not after.
    board = boards.load(target.board)
    building.require(board, target.runtime or board.runtime)
    flashing.require(board)
    if board.link.via == "serial":
        port = ports.find(port or "", _ask_port if sys.stdin.isatty() else None, board)
    elif port is not None:
        raise ConfigError(
            f"--port {port} has no use: {board.id} is started here, not plugged in",
            'leave it out, or name the board at that port with --board (see "tinyedge boards")',
        )
    built = _stages.build(target, protocol=protocol)
    _console.note(f"flash {built.report.board}")
    report = devices.start(built, port or "")
    _show(report, target, protocol)
    if target.runtime is None and (saved := pipeline.other_runtime(built.firmware)):
        _console.path("there is RUNTIME=aot (--runtime aot), too", saved)
    save(json_path, report)


def _ask_port(found: Sequence[Port]) -> Port:
    """Let the user choose one of several boards."""
    for number, port in enumerate(found, 1):
        _console.note(f"{number}: {port}")
    number = click.prompt("which board", type=click.IntRange(1, len(found)), err=True)
    return found[number - 1]


def _show(report: FlashReport, target: Target, protocol: Protocol) -> None:
    """Print where the device is and what to do next, as commands to copy."""
    what = f"{shlex.quote(target.model)} --board {report.board} --runtime {report.runtime}"
    prove = f"validate {what}"
    if protocol != "tinyedge":
        prove = f"mlperf --task {what} --port {report.url} --no-flash"
    _console.show(f"{report.model} on {report.board}, runtime {report.runtime}")
    _console.path("device", report.url)
    _console.path("prove it", f"tinyedge {prove}{target.given.arguments()}")
    if report.pid is not None:
        _console.path("stop it", f"tinyedge stop {what}")
