"""``tinyedge profile``: where the time goes on the device, layer by layer."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.report import profile as pictures
from tinyedge.results import LayerProfile, ProfileReport
from tinyedge.workflow import devices, observing
from tinyedge.workspace import write_atomic

RUNS = 5
_BAR = 8  # characters of the longest bar


@click.command(
    epilog=by_example(
        ("tinyedge profile model.tflite --board netduinoplus2", "instructions of each layer"),
    )
)
@target_options
@port_option
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=RUNS,
    show_default=True,
    help="Inferences to observe, each with another input.",
)
def command(
    *,
    target: Target,
    port: str | None,
    runs: int,
    json_path: Path | None,
) -> None:
    """Time each layer on the device, and draw where the time and the arena go.

    A firmware of its own is built that observes its layers; the one that "flash" uses has none of
    it. Beside the table: profile.json, .csv, .svg and .png in the workspace.
    """
    _stages.require_ports(port)
    require = observing.require_observable
    built = _stages.observed(target, require=require)
    devices.require_clock(built.firmware.board)
    with _stages.device(built, port) as url:
        report = _stages.profile(built, url, runs)
    show(report)
    for kind, path in write(report, built.firmware.target).items():
        _console.path(kind, str(path))
    save(json_path, report)


def write(report: ProfileReport, folder: Path) -> dict[str, Path]:
    """Write table and pictures; return where, by what they are. profile.json is there already."""
    contents: dict[str, bytes | str] = {
        "csv": pictures.to_csv(report),
        "svg": pictures.draw(report, "svg"),
        "png": pictures.draw(report, "png"),
    }
    paths = {kind: folder / f"profile.{kind}" for kind in contents}
    for kind, path in paths.items():
        write_atomic(path, contents[kind])
    return paths


def show(report: ProfileReport) -> None:
    """Print the layers, the slowest first."""
    most = max((layer.ticks for layer in report.layers), default=0)
    unit = report.tick_unit
    columns = [">", "layer", "kernel", "output", ">MACs", f">{unit}", ">a MAC"]
    columns += [">weights", ">arena", ">share"]
    layers = sorted(report.layers, key=lambda layer: -layer.ticks)
    title = f"{report.model} on {report.board}, runtime {report.runtime}, by {unit}"
    _console.show(_console.table(title, columns, [_row(layer, most) for layer in layers]))
    around = report.ticks - report.layer_ticks
    _console.show(
        f"{report.ticks:,.0f} {unit} an inference, {report.layer_ticks:,.0f} of them in layers, "
        f"{around:,.0f} ({100 * around / (report.ticks or 1):.2f} %) around them"
    )


def _row(layer: LayerProfile, most: float) -> tuple[object, ...]:
    bar = "█" * round(_BAR * layer.ticks / most) if most else ""
    return (
        layer.index,
        layer.name.replace("+", " + "),
        layer.kernel.removeprefix("te_"),
        "x".join(map(str, layer.output_shape[1:] or layer.output_shape)),
        layer.macs,
        f"{layer.ticks:,.0f}",
        "-" if layer.ticks_per_mac is None else f"{layer.ticks_per_mac:.3f}",
        layer.weight_bytes,
        layer.arena_bytes,
        f"{bar} {layer.share * 100:4.1f} %",
    )
