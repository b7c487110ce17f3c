"""``tinyedge generate``: the firmware's sources."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, protocol_option, save, target_options
from tinyedge.emit.mlperf import Protocol
from tinyedge.results import GenerateReport
from tinyedge.workflow import bill


@click.command(
    epilog=by_example(
        (
            "tinyedge generate fashion-cnn --board netduinoplus2 --runtime aot",
            "C and assembly to read, or to build elsewhere",
        ),
    )
)
@target_options
@protocol_option
def command(
    *,
    target: Target,
    protocol: Protocol,
    json_path: Path | None,
) -> None:
    """Write the firmware folder of MODEL for a board: C sources, linker script, Makefile.

    The folder is whole: plain "make" builds it there. It is the same for the same model, board and
    version, byte for byte. MODEL is a recipe's name or path, or the path of a .tflite.
    """
    firmware = _stages.generate(target, protocol=protocol)
    bill.write(firmware)
    report = firmware.report()
    _console.show(_files(report), _facts(report))
    _console.path("firmware", report.folder)
    save(json_path, report)


def _files(report: GenerateReport) -> object:
    rows = [(file.path, file.bytes) for file in report.files]
    return _console.table(f"Firmware of {report.model}", ["file", ">bytes"], rows)


def _facts(report: GenerateReport) -> object:
    return _console.facts(
        "",
        [
            ("board", report.board),
            ("runtime", report.runtime),
            ("arena", f"{report.arena_bytes:,} bytes"),
        ],
    )
