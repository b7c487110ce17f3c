"""``tinyedge bench``: ticks, memory and size of one model on one board."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import (
    Target,
    firmware_title,
    port_option,
    save,
    target_options,
)
from tinyedge.device.wire import BAUD
from tinyedge.emit import features
from tinyedge.results import BenchReport, BuildReport, WireReport
from tinyedge.workflow import devices
from tinyedge.workflow import raw as raws
from tinyedge.workflow.devices import Built

RUNS = 20
runs_option = click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=RUNS,
    show_default=True,
    help="Inferences to time, each with another input.",
)


@click.command(
    epilog=by_example(
        (
            "tinyedge bench model.tflite --board qemu-mps2-an386 --json bench.json",
            "kept for tinyedge compare",
        ),
        ("tinyedge bench fashion-cnn --link", "what the feature compress saves on the serial link"),
    )
)
@target_options
@port_option
@runs_option
@click.option(
    "--link",
    is_flag=True,
    help=f"Count the bytes on the link, plain and packed, and samples/s at {BAUD:,} baud.",
)
def command(
    *,
    target: Target,
    port: str | None,
    runs: int,
    link: bool,
    json_path: Path | None,
) -> None:
    """Measure ticks an inference, arena, stack and flash on the device.

    What a tick is depends on the board's timer and is always named: instructions on emulated
    boards, cycles or time elsewhere. One is never printed as another. With --link the firmware has
    the feature compress, and the inputs are the test split's; for a .tflite they are pseudo-random,
    which nothing makes smaller. With --feature preprocess raw frames are sent, too; with --feature
    collect they come back as a sensor's would.
    """
    _stages.require_ports(port)
    built = _stages.build(target.having("compress") if link else target)
    devices.require_clock(built.firmware.board)
    with _stages.device(built, port) as url:
        wire = built.firmware.loaded.samples(runs) if link else None
        raw = _frames(built, runs) if link else []
        report = _stages.bench(built, url, runs, wire, raw)
    show(report)
    save(json_path, report)


def _frames(built: Built, count: int) -> list[NDArray[np.uint8]]:
    """Raw frames of the test split, for firmware that makes its input of them."""
    chosen = features.chosen(built.firmware.loaded.model.compile.features)
    if not any(feature.name == "preprocess" for feature in chosen):
        return []
    return [frame.image for frame in raws.frames_of(built, count)[0]]


def code_bytes(report: BuildReport | BenchReport) -> str:
    """Code of the whole firmware, and of the runtime alone where it is known."""
    own = report.flash_runtime_bytes
    runtime = "" if own is None else f", the runtime's {own:,}"
    return f"{report.flash_code_bytes:,} bytes{runtime}"


def show(report: BenchReport) -> None:
    """Print ticks, memory and size."""
    ticks, unit = report.ticks, report.tick_unit
    rows: list[tuple[str, object]] = [
        (f"{unit} an inference", f"{ticks.median:,.0f} (median of {report.runs})"),
        ("smallest to largest", f"{ticks.min:,.0f} to {ticks.max:,.0f}"),
        ("multiply-accumulates", report.macs),
    ]
    if report.ticks_per_mac is not None:
        rows.append((f"{unit} a multiply-accumulate", f"{report.ticks_per_mac:.3f}"))
    if report.seconds is not None:
        rows.append(("time an inference", f"{report.seconds * 1e3:,.3f} ms"))
    rows += [
        ("arena, planned / used", f"{report.arena_bytes:,} / {report.arena_used_bytes:,} bytes"),
        ("deepest stack", f"{report.stack_peak_bytes:,} bytes"),
        ("RAM, static", f"{report.ram_static_bytes:,} bytes"),
        ("flash, code", code_bytes(report)),
        ("flash, weights and tables", f"{report.flash_weights_bytes:,} bytes"),
        ("flash, total", f"{report.flash_total_bytes:,} bytes"),
        ("device", report.url),
    ]
    _console.show(_console.facts(firmware_title(report), rows))
    if report.wire is not None:
        _console.show(wire_table(report.wire))


def wire_table(wire: WireReport) -> object:
    """Bytes an inference, one row a way."""
    rows = [
        (m.mode, f"{m.bytes_sent:,.1f}", f"{m.bytes_received:,.1f}", f"{m.samples_per_second:,.2f}")
        for m in wire.modes
    ]
    how = "with the inference" if wire.inference_included else "computed from the bytes alone"
    title = f"Bytes an inference on the link; samples/s at {wire.baud:,} baud, {how}"
    frame = f"; raw {wire.frame_bytes:,.1f}" if wire.frame_bytes is not None else ""
    title += f" ({wire.input_bytes:,} bytes of input{frame}; {wire.inputs})"
    return _console.table(title, ["way", ">to the device", ">from it", ">samples/s"], rows)
