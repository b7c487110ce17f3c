"""Where flash and RAM go, as rows for tables and CSV, largest first."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Literal

from tinyedge.results import SizeReport

By = Literal["layer", "kernel", "library", "symbol"]
BY: tuple[By, ...] = ("layer", "kernel", "library", "symbol")
Row = tuple[object, ...]


def rows(report: SizeReport, by: By) -> tuple[tuple[str, ...], list[Row]]:
    """The columns' names and the rows; all sizes are bytes."""
    made: list[Row]
    if by == "layer":
        columns = ("index", "layer", "kernel", "flash", "weights", "code", "shared", "arena")
        made = [
            (
                *(layer.index, layer.name, layer.kernel, layer.flash_bytes, layer.weight_bytes),
                *(layer.code_bytes, layer.shared_bytes, layer.arena_bytes),
            )
            for layer in sorted(report.layers, key=lambda layer: (-layer.flash_bytes, layer.index))
        ]
        return columns, made
    if by == "kernel":
        made = [
            (kernel.name, kernel.flash_bytes, _names(kernel.layers)) for kernel in report.kernels
        ]
        return ("kernel", "flash", "layers"), made
    if by == "library":
        made = [
            (part.library, part.object, part.component, part.flash_bytes, part.ram_bytes)
            for part in report.objects
        ]
        return ("library", "object", "component", "flash", "ram"), made
    largest = sorted(
        report.symbols, key=lambda s: (-s.flash_bytes, -s.ram_bytes, s.section, s.symbol, s.object)
    )
    made = [
        (
            *(part.symbol, part.section, part.library, part.object),
            *(part.layer, part.kernel, part.flash_bytes, part.ram_bytes),
        )
        for part in largest
    ]
    columns = ("symbol", "section", "library", "object", "layer", "kernel", "flash", "ram")
    return columns, made


def to_csv(report: SizeReport, by: By) -> str:
    """A header, then the rows."""
    columns, made = rows(report, by)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else value for value in row] for row in made)
    return text.getvalue()


def _names(layers: Sequence[int]) -> str:
    return " ".join(map(str, layers))
