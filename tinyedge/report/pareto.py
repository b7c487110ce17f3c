"""Pareto plots: filled are the points that no other is better than in all.

Of a matrix: ticks against flash, a panel a board, as large as their RAM. Of a search: accuracy
against latency, flash and RAM.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from tinyedge.results import MatrixCell, SearchTrial

_KB = 1024
#: what a trial costs: field, divisor, label
_COSTS = (
    ("latency", 1, "{} an inference"),
    ("flash", _KB, "flash, KB"),
    ("ram", _KB, "RAM, KB"),
)


def draw(cells: Sequence[MatrixCell]) -> bytes:
    """Return a PNG of the cells that were measured; filled: no other of the board beats them."""
    boards = list(dict.fromkeys(cell.board for cell in cells if cell.bench))
    figure, panels = _figure(len(boards))
    for axes, board in zip(panels, boards, strict=True):
        unit = ""
        for cell in cells:
            if cell.bench is None or cell.board != board:
                continue
            bench, unit = cell.bench, cell.bench.tick_unit
            at = (bench.ticks.median, bench.flash_total_bytes / _KB)
            size = 20 + bench.ram_static_bytes / 200
            _point(axes, at, size, filled=cell.pareto, text=_label(cell))
        axes.set(title=board, xscale="log", xlabel=f"{unit} an inference", ylabel="flash, KB")
    return _png(figure)


def draw_trials(trials: Sequence[SearchTrial], unit: str) -> bytes:
    """Return a PNG of the trials that have an accuracy, by number; latencies are in ``unit``."""
    figure, panels = _figure(len(_COSTS))
    for axes, (name, scale, label) in zip(panels, _COSTS, strict=True):
        for trial in trials:
            if trial.accuracy is None:
                continue
            at = (getattr(trial, name) / scale, 100 * trial.accuracy)
            _point(axes, at, 50, filled=trial.pareto, text=str(trial.number))
        axes.set(xlabel=label.format(unit), ylabel="int8 accuracy, validation, %")
        axes.ticklabel_format(style="plain")
        axes.locator_params(axis="x", nbins=5)
    return _png(figure)


def _figure(count: int) -> tuple[Any, Any]:
    """A figure and its panels, side by side."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - half a second to import

    figure = Figure(figsize=(5.2 * count, 4.4), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False)[0]
    for axes in panels:
        axes.margins(0.25)
        axes.grid(alpha=0.3)
    return figure, panels


def _point(axes: Any, at: tuple[float, float], size: float, *, filled: bool, text: str) -> None:
    face = "C0" if filled else "none"
    axes.scatter(*at, s=size, facecolors=face, edgecolors="C0", alpha=0.7)
    axes.annotate(text, at, xytext=(6, 6), textcoords="offset points", fontsize=7)


def _png(figure: Any) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see _figure

    picture = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()


def _label(cell: MatrixCell) -> str:
    accuracy = "" if cell.accuracy is None else f", {cell.accuracy * 100:.1f} %"
    return f"{cell.model} {cell.runtime}{accuracy}"
