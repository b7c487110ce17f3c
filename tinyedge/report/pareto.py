"""Ticks against flash, a panel a board; as large as their RAM, with their accuracy beside them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from tinyedge.results import MatrixCell


def draw(cells: Sequence[MatrixCell]) -> bytes:
    """Return a PNG of the cells that were measured; filled: no other of the board beats them."""
    # half a second to import, and no display needed
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    boards = list(dict.fromkeys(cell.board for cell in cells if cell.bench))
    figure = Figure(figsize=(5.2 * len(boards), 4.4), layout="constrained")
    panels = figure.subplots(1, len(boards), squeeze=False)[0]
    for axes, board in zip(panels, boards, strict=True):
        unit = ""
        for cell in cells:
            if cell.bench is None or cell.board != board:
                continue
            bench, unit = cell.bench, cell.bench.tick_unit
            axes.scatter(
                bench.ticks.median,
                bench.flash_total_bytes / 1024,
                s=20 + bench.ram_static_bytes / 200,
                facecolors="C0" if cell.pareto else "none",
                edgecolors="C0",
                alpha=0.7,
            )
            axes.annotate(
                _label(cell),
                (bench.ticks.median, bench.flash_total_bytes / 1024),
                xytext=(6, 6),
                textcoords="offset points",
                fontsize=7,
            )
        axes.set(title=board, xscale="log", xlabel=f"{unit} an inference", ylabel="flash, KB")
        axes.margins(0.25)
        axes.grid(alpha=0.3)
    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()


def _label(cell: MatrixCell) -> str:
    accuracy = "" if cell.accuracy is None else f", {cell.accuracy * 100:.1f} %"
    return f"{cell.model} {cell.runtime}{accuracy}"
