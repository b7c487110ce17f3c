"""``tinyedge monitor``: what a device says on its own, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import flash
from tinyedge.board import Board
from tinyedge.cli import _console, _drift
from tinyedge.cli._drift import Wanted
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    Finite,
    board_option,
    compile_options,
    json_option,
    model_argument,
    port_option,
    runtime_option,
    save,
    workspace_option,
)
from tinyedge.errors import ConfigError, LinkError
from tinyedge.flash import ports
from tinyedge.link.monitor import Monitor
from tinyedge.link.transport import SerialTransport, Transport
from tinyedge.recipe import Compile
from tinyedge.results import MonitorReport, Thresholds
from tinyedge.workflow import pipeline
from tinyedge.workflow.watching import Feed
from tinyedge.workspace import Workspace

_WAIT_S = 0.5
_USUAL = Thresholds()
_DISTANCE, _SHARE = click.FloatRange(min=0), click.FloatRange(0, 1)


@click.command(
    epilog=by_example(
        (
            "tinyedge monitor fashion-cnn --board esp32 --port /dev/ttyUSB0",
            "what the board says, until Ctrl-C",
        ),
        (
            "tinyedge monitor fashion-cnn --drift --feed 200 --shift noise=0.2",
            "does noise raise the alarm?",
        ),
    )
)
@model_argument
@board_option
@runtime_option
@compile_options
@port_option
@click.option(
    "--drift",
    is_flag=True,
    help="Read what firmware with --feature monitor has counted, and judge how far it has moved.",
)
@click.option(
    "--feed",
    type=click.IntRange(min=50),
    default=None,
    help="With --drift: send so many samples of the test split (or --data) first, and judge them.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    help="With --feed: an .npz of x, raw as the recipe's data, or a folder of pictures or sounds; "
    "no labels are needed.",
)
@click.option(
    "--shift",
    "shifts",
    multiple=True,
    metavar="KIND",
    help="With --feed: invert, rotate=DEGREES, noise=FRACTION.",
)
@click.option(
    "--every",
    type=Finite(min=0.1),
    default=5.0,
    show_default=True,
    help="With --drift: seconds between two looks.",
)
@click.option(
    "--psi",
    type=(_DISTANCE, _DISTANCE),
    metavar="WARNING ALARM",
    help="With --drift: population stability indices above which a score is one "
    f"(default: {_USUAL.psi_warning:g} {_USUAL.psi_alarm:g}, as is usual).",
)
@click.option(
    "--ks",
    type=(_SHARE, _SHARE),
    metavar="WARNING ALARM",
    help="With --drift: the same for Kolmogorov-Smirnov distances, besides chance's bound "
    f"(default: {_USUAL.ks_warning:g} {_USUAL.ks_alarm:g}, that bound alone).",
)
@click.option(
    "--chance",
    type=Finite(0, 1, min_open=True, max_open=True),
    metavar="P",
    help="With --drift: how often chance alone may exceed a score's bound "
    f"(default: {_USUAL.chance:g}).",
)
@click.option(
    "--prometheus",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="With --drift: serve the figures at http://127.0.0.1:PORT/metrics (0: any port).",
)
@click.option(
    "--seconds",
    type=Finite(min=0),
    help="End by itself after so long (default: at Ctrl-C).",
)
@workspace_option
@json_option
def command(
    *,
    model: str,
    board: str,
    runtime: str | None,
    given: Compile,
    port: str | None,
    drift: bool,
    feed: int | None,
    data: Path | None,
    shifts: tuple[str, ...],
    every: float,
    psi: tuple[float, float] | None,
    ks: tuple[float, float] | None,
    chance: float | None,
    prometheus: int | None,
    seconds: float | None,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Show logs, faults and restarts of the device with MODEL's firmware.

    The device is the one at --port, the one that "tinyedge flash" left, or the only board that is
    plugged in. Opening the port restarts most boards. It sends nothing, and what it shows is not
    sealed, also of a device with a key.

    With --drift it is a live view of what the device has counted itself: answers, confidence,
    inputs, times and faults, and how far they have moved from the training split (population
    stability index, Kolmogorov-Smirnov); without a terminal, a line for each look. Ctrl-C ends it:
    exit code 1 if the last look was an alarm, else 0; with --feed or --seconds, 2 if it could not
    judge, for fewer than 50 answers. No board is written for it, and
    no device started, but an emulated one to --feed where none runs this very firmware.
    """
    if drift:
        fed, limits = Feed(data, shifts, feed or 0), _limits(psi, ks, chance)
        wanted = Wanted(fed, every, seconds, prometheus, limits)
        _drift.run((model, board, runtime, port), given, workspace, wanted, json_path)
        return
    _refuse(
        {
            "--device-key": given.device_key,
            "--feed": feed,
            "--data": data,
            "--shift": shifts or None,
            "--psi": psi,
            "--ks": ks,
            "--chance": chance,
            "--prometheus": prometheus,
        }
    )
    loaded = boards.load(board)
    folder = workspace.target(pipeline.resolve(model).name, runtime or loaded.runtime, loaded.id)
    left = flash.running(folder)
    _listen(loaded, port or (left.url if left else _plugged_in(loaded)), seconds, json_path)


def _listen(board: Board, url: str, seconds: float | None, json_path: Path | None) -> None:
    """Show lines as they come; once the port is open, the report is written however this ends."""
    transport = SerialTransport(url, board.link.baud)
    started, lines = time.monotonic(), list[str]()
    try:
        _console.note(f"listening to {url}; Ctrl-C ends it")
        for line in _heard(transport, seconds):
            lines.append(line)
            _console.line(line)
    finally:
        transport.close()
        heard_s = round(time.monotonic() - started, 3)
        save(
            json_path,
            MonitorReport(board=board.id, url=url, seconds=heard_s, lines=tuple(lines)),
        )


def _limits(
    psi: tuple[float, float] | None, ks: tuple[float, float] | None, chance: float | None
) -> Thresholds:
    psi = psi or (_USUAL.psi_warning, _USUAL.psi_alarm)
    ks = ks or (_USUAL.ks_warning, _USUAL.ks_alarm)
    return Thresholds(
        psi_warning=psi[0],
        psi_alarm=psi[1],
        ks_warning=ks[0],
        ks_alarm=ks[1],
        chance=_USUAL.chance if chance is None else chance,
    )


def _refuse(options: dict[str, object]) -> None:
    """ConfigError if one was given (not None) that only a look at the counts uses."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ConfigError(
            f"without --drift, monitor only listens, and has no use for {' and '.join(given)}: "
            "what a device says on its own is neither asked for nor sealed",
            f"add --drift, or leave {' and '.join(given)} out",
        )


def _heard(transport: Transport, seconds: float | None) -> Iterator[str]:
    """Lines as they come, for so long or without end."""
    monitor = Monitor()
    until = None if seconds is None else time.monotonic() + seconds
    while until is None or time.monotonic() < until:
        yield from monitor.feed(transport.read(_WAIT_S))


def _plugged_in(board: Board) -> str:
    if board.link.via == "serial":
        return ports.find()
    raise LinkError(
        f"no {board.id} is running with this firmware", 'start one with "tinyedge flash"'
    )
