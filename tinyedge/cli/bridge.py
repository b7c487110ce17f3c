"""``tinyedge bridge``: a pseudo terminal for a device."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from tinyedge import flash
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, protocol_option, save, target_options
from tinyedge.emit.mlperf import Protocol
from tinyedge.link.bridge import Bridge
from tinyedge.results import BridgeReport
from tinyedge.workflow.devices import Built


@click.command(
    epilog=by_example(
        (
            "tinyedge bridge ic.tflite --board qemu-mps2-an386 --protocol mlperf",
            "an emulated board for MLPerf Tiny's own runner",
        ),
    )
)
@target_options
@port_option
@protocol_option
def command(
    *,
    target: Target,
    protocol: Protocol,
    port: str | None,
    json_path: Path | None,
) -> None:
    """Put MODEL on a board, and give it a pseudo terminal until Ctrl-C.

    A program that speaks to a serial port opens the terminal, and may leave and come back: an
    emulated board goes on, and a real one is not reset by it. --port: a device that is there.
    """
    _stages.require_ports(port)
    built = _stages.build(target, protocol=protocol)
    with Bridge() as bridge, _device(built, port) as url:
        report = BridgeReport(board=built.report.board, url=url, terminal=bridge.terminal)
        save(json_path, report)
        _console.path("serial port", report.terminal)
        _console.note(f"it stands for {url}; Ctrl-C ends it")
        with contextlib.suppress(KeyboardInterrupt):
            bridge.serve(
                url,
                built.firmware.board.link.baud,
                on_gone=lambda error: _console.note(error.message),
            )


@contextlib.contextmanager
def _device(built: Built, port: str | None) -> Iterator[str]:
    if port is not None:
        yield port
        return
    board, greet = built.firmware.board, built.firmware.protocol == "tinyedge"
    with flash.run(built.artifact, board, greet=greet, keys=built.firmware.keys) as device:
        yield device.url
