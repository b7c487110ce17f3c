"""``tinyedge size``: where every byte of flash and RAM goes."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, save, target_options
from tinyedge.report import size as tables
from tinyedge.report.size import BY, By
from tinyedge.results import SizeReport
from tinyedge.workflow import sizes
from tinyedge.workspace import write_atomic

_FIGURES = frozenset({"flash", "ram", "weights", "code", "shared", "arena", "index"})
_TITLES: dict[By, str] = {
    "layer": "Layers: bytes of flash of their own, of kernels they share, and of arena",
    "kernel": "Kernels: bytes of code",
    "library": "Objects, and those of libraries",
    "symbol": "Symbols",
}


@click.command(
    epilog=by_example(
        (
            "tinyedge size model.tflite --board netduinoplus2",
            "by layer, kernel, application, port and library",
        ),
        (
            "tinyedge size model.tflite --by symbol --csv symbols.csv",
            "by symbol, for a spreadsheet",
        ),
    )
)
@target_options
@click.option(
    "--by",
    type=click.Choice(BY),
    default=BY[0],
    show_default=True,
    help="What the table lists, largest first.",
)
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write that table to this file, too.",
)
def command(
    *,
    target: Target,
    by: By,
    csv_path: Path | None,
    json_path: Path | None,
) -> None:
    """Show where every byte of the firmware's flash and RAM goes, from its ELF and linker map.

    Layers count what is theirs alone: weights, tables, parameters and kernels made for them; what
    several of them run is listed beside it. Nothing is left out: the groups' sum is the sections'.
    """
    built = _stages.build(target)
    report = sizes.measure(built)
    show(report, by)
    if csv_path is not None:
        write_atomic(csv_path, tables.to_csv(report, by))
    save(json_path, report)


def show(report: SizeReport, by: By) -> None:
    """Print the wanted table, then the groups and their sum."""
    columns, rows = tables.rows(report, by)
    if rows:
        named = [f">{name}" if name in _FIGURES else name for name in columns]
        _console.show(_console.table(_TITLES[by], named, rows))
    groups = [(group.name, group.flash_bytes, group.ram_bytes) for group in report.groups]
    groups.append(("all sections", report.flash_total_bytes, report.ram_total_bytes))
    groups.append((f"{report.board} has", report.flash_available, report.ram_available))
    title = f"{report.model} on {report.board}, runtime {report.runtime}, in bytes"
    _console.show(_console.table(title, ["", ">flash", ">RAM"], groups))
