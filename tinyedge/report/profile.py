"""A profile as CSV, and as one picture: time from left to right, bars by layer, arena."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from tinyedge.results import ArenaBlock, LayerProfile, ProfileReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = (
    "index",
    "name",
    "kernel",
    "output_shape",
    "macs",
    "ticks",
    "ticks_per_mac",
    "share",
    "weight_bytes",
    "arena_bytes",
)
_NARROW = 0.05  # share of the width under which a layer has no name in the picture
_COLOURS = "tab20"


def to_csv(report: ProfileReport) -> str:
    """A header, then a line a layer in order of execution; ``ticks`` are in the header's unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([report.tick_unit if name == "ticks" else name for name in _COLUMNS])
    for layer in report.layers:
        values = msgspec.structs.asdict(layer)
        values["output_shape"] = "x".join(map(str, layer.output_shape))
        writer.writerow(["" if values[name] is None else values[name] for name in _COLUMNS])
    return text.getvalue()


def draw(report: ProfileReport, form: Literal["svg", "png"]) -> bytes:
    """The picture; the same report gives the same bytes."""
    # half a second to import, and no display needed
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    count = len(report.layers)
    heights = [1.6, 0.22 * count + 0.6, *([2.4] if report.arena else [])]
    figure = Figure(figsize=(11, sum(heights) + 1.2), layout="constrained")
    panels = figure.subplots(len(heights), 1, height_ratios=heights)
    figure.suptitle(
        f"{report.model} on {report.board}, {report.runtime}: "
        f"{report.ticks:,.0f} {report.tick_unit} an inference"
    )
    colours = _colours(report)
    _flame(panels[0], report, colours)
    _bars(panels[1], report, colours)
    if report.arena:
        _arena(panels[2], report, colours)
    FigureCanvasAgg(figure)
    picture = io.BytesIO()
    metadata = {"Date": None} if form == "svg" else {"Software": None}
    with mpl.rc_context({"svg.hashsalt": "tinyedge", "svg.fonttype": "none"}):
        figure.savefig(picture, format=form, metadata=metadata)
    return picture.getvalue()


def _kind(layer: LayerProfile) -> str:
    return layer.kernel.removeprefix("te_") or layer.name


def _colours(report: ProfileReport) -> dict[str, Any]:
    """A colour a kernel (or, where those are not known, an operator), in order of appearance."""
    import matplotlib as mpl  # noqa: PLC0415

    palette = mpl.colormaps[_COLOURS]
    kinds = dict.fromkeys(_kind(layer) for layer in report.layers)
    return {kind: palette(number % palette.N) for number, kind in enumerate(kinds)}


def _flame(axes: Axes, report: ProfileReport, colours: dict[str, Any]) -> None:
    """The inference, and above it the layers, as wide as they take; kernels on top."""
    total = report.layer_ticks or 1.0
    levels = [[("inference", 0.0, total, "0.85")], [], []]
    at = 0.0
    for layer in report.layers:
        colour = colours[_kind(layer)]
        levels[1].append((f"{layer.index} {layer.name}", at, layer.ticks, colour))
        levels[2].append((_kind(layer), at, layer.ticks, colour))
        at += layer.ticks
    for level, blocks in enumerate(levels):
        for name, start, width, colour in blocks:
            axes.barh(level, width, left=start, height=0.95, color=colour, edgecolor="white")
            if width >= _NARROW * total:
                room = round(110 * width / total)
                axes.text(
                    start + width / 2, level, name[:room], ha="center", va="center", fontsize=7
                )
    axes.set(xlim=(0, total), yticks=[0, 1, 2], yticklabels=["", "layer", "kernel"])
    axes.set_xlabel(f"{report.tick_unit} since the start")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _bars(axes: Axes, report: ProfileReport, colours: dict[str, Any]) -> None:
    """Ticks by layer, most first."""
    layers = sorted(report.layers, key=lambda layer: layer.ticks)
    names = [f"{layer.index} {layer.name}" for layer in layers]
    bars = axes.barh(
        names, [layer.ticks for layer in layers], color=[colours[_kind(layer)] for layer in layers]
    )
    axes.bar_label(bars, [f" {_amount(layer)}" for layer in layers], fontsize=7)
    axes.set_xlabel(report.tick_unit)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(axis="y", labelsize=7)
    axes.margins(x=0.15, y=0.01)


def _amount(layer: LayerProfile) -> str:
    each = "" if layer.ticks_per_mac is None else f", {layer.ticks_per_mac:.2f} a MAC"
    return f"{layer.share * 100:.1f} %{each}"


def _arena(axes: Axes, report: ProfileReport, colours: dict[str, Any]) -> None:
    """What lies where in the arena, over the same time as the layers."""
    starts = [0.0]
    for layer in report.layers:
        starts.append(starts[-1] + layer.ticks)
    by_name = {f"{layer.index} {layer.name}": colours[_kind(layer)] for layer in report.layers}
    for block in report.arena:
        left, right = _life(block, starts)
        axes.barh(
            block.offset,
            right - left,
            left=left,
            height=block.bytes,
            align="edge",
            color="0.8" if block.name == "scratch" else by_name.get(block.name, "0.5"),
            edgecolor="white",
            linewidth=0.5,
        )
    axes.set(xlim=(0, starts[-1] or 1), ylim=(0, report.arena_bytes), ylabel="arena, bytes")
    axes.set_xlabel(f"{report.tick_unit} since the start; dark grey: inputs, light: scratch")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _life(block: ArenaBlock, starts: list[float]) -> tuple[float, float]:
    """Ticks at which the first step that needs the block begins, and the last one ends."""
    return starts[max(block.first_step, 0)], starts[max(block.last_step, 0) + 1]
