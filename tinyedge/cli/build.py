"""``tinyedge build``: cross-compile, and measure what the ELF takes of the board."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example, terms
from tinyedge.cli._options import Target, firmware_title, protocol_option, save, target_options
from tinyedge.cli.bench import code_bytes
from tinyedge.emit.features import FEATURES
from tinyedge.emit.mlperf import Protocol
from tinyedge.errors import CheckFailed
from tinyedge.results import BuildReport


@click.command(
    epilog=terms("Features", ((feature.name, feature.text) for feature in FEATURES))
    + by_example(
        ("tinyedge build fashion-cnn", "a recipe, trained and quantized first if need be"),
        (
            "tinyedge build model.tflite --board qemu-mps2-an386 --json build.json",
            "any int8 .tflite; flash and RAM by section for a program",
        ),
        (
            "tinyedge build fashion-cnn --board pico --optimize size --max-flash 256K",
            "little flash, and an error where it takes more",
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
    """Compile the firmware of MODEL for a board, warnings as errors, and measure its ELF.

    Exit code 1 if it takes more flash or RAM than the board has.
    """
    built = _stages.build(target, protocol=protocol)
    show(built.report)
    save(json_path, built.report)
    require_fit(built.report, built.firmware.loaded.model.argument)


def show(report: BuildReport) -> None:
    """Print sections, layers and budget."""
    _console.show(_sections(report), _layers(report), _budget(report))
    _console.path("firmware", report.elf)


def require_fit(report: BuildReport, model: str) -> None:
    """Raise CheckFailed if the firmware of ``model``, as it was given, is over the budget."""
    if report.fits:
        return
    ram = report.ram_static_bytes + report.stack_bytes
    over = [
        f"{needed - available:,} bytes of {what} too much"
        for what, needed, available in (
            ("flash", report.flash_total_bytes, report.flash_available),
            ("RAM", ram, report.ram_available),
        )
        if needed > available
    ]
    raise CheckFailed(
        f"{report.model} does not fit {report.board}: {'; '.join(over)}",
        f'"tinyedge inspect {model}" says what would help and which boards it fits',
    )


def _sections(report: BuildReport) -> object:
    rows = [(part.name, part.flash_bytes, part.ram_bytes) for part in report.sections]
    return _console.table(firmware_title(report), ["section", ">flash, bytes", ">RAM, bytes"], rows)


def _layers(report: BuildReport) -> object:
    rows = [(f"{part.index} {part.op}", part.flash_bytes) for part in report.layers]
    return _console.table("Weights and tables by layer", ["layer", ">flash, bytes"], rows)


def _budget(report: BuildReport) -> object:
    ram = report.ram_static_bytes + report.stack_bytes
    return _console.facts(
        "Budget",
        [
            ("code", f"{code_bytes(report)} of flash"),
            ("weights and tables", f"{report.flash_weights_bytes:,} bytes of flash"),
            ("flash", _share(report.flash_total_bytes, report.flash_available)),
            ("data, bss and arena", f"{report.ram_static_bytes:,} bytes of RAM"),
            ("stack", f"{report.stack_bytes:,} bytes of RAM"),
            ("RAM", _share(ram, report.ram_available)),
        ],
    )


def _share(needed: int, available: int) -> str:
    return f"{needed:,} of {available:,} bytes ({100 * needed / available:.1f} %)"
