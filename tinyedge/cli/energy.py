"""``tinyedge energy``: joules an inference, by a power monitor."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import board as boards
from tinyedge import meter as meters
from tinyedge import results
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.device import energy as measuring
from tinyedge.emit.features import MARK
from tinyedge.results import EnergyReport, Spread
from tinyedge.samples import random
from tinyedge.workflow import devices

RUNS = 20
_UNITS = {"J": 1.0, "mJ": 1e-3, "µJ": 1e-6, "nJ": 1e-9}
_COARSE = 20  # samples in an inference below which a figure is rough


@click.command(
    epilog=by_example(
        (
            "tinyedge energy model.tflite --board nucleo-f446re --meter csv:/dev/ttyACM1",
            "a power monitor that writes lines of CSV to a serial port",
        ),
    )
)
@target_options
@port_option
@click.option(
    "--meter",
    required=True,
    metavar="NAME:WHERE",
    help='The power monitor: "csv:PORT[@BAUD]", one of a package, or "module:Class:WHERE".',
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=RUNS,
    show_default=True,
    help="Inferences to measure, each with another input.",
)
def command(
    *,
    target: Target,
    port: str | None,
    meter: str,
    runs: int,
    json_path: Path | None,
) -> None:
    """Measure the energy of an inference with a power monitor at the board's supply.

    A firmware is built whose mark, a pin, is high while the model runs; wired to the monitor's
    digital input, it says exactly what belongs to an inference. Without one the link's time stamps
    do, which is rougher and is said. docs/energy.md has the wiring, and how to write a monitor.
    """
    _stages.require_ports(port)
    monitor, wanted = meters.load(meter), boards.load(target.board)
    built = _stages.build(target.having(MARK.name) if wanted.marks else target)
    monitor.open()
    try:
        with (
            _stages.device(built, port) as url,
            devices.connect(built, url, _console.note) as session,
            _console.progress(f"measure {built.report.model} on {wanted.id}") as advance,
        ):
            report = measuring.measure(
                session,
                wanted,
                monitor,
                random(built.firmware.loaded.graph, runs),
                elf_sha256=built.report.elf_sha256,
                named=(meter, url),
                progress=advance,
            )
    finally:
        monitor.close()
    results.write(built.firmware.target / "energy.json", report)
    show(report)
    save(json_path, report)


def show(report: EnergyReport) -> None:
    """Print energy, time and power, and how sure they are."""
    lost = f", {report.discarded} left out for lost samples" if report.discarded else ""
    rows = [
        ("energy an inference", f"{_figure(report.joules.median)} (median of {report.inferences})"),
        ("smallest to largest", _range(report.joules)),
        ("time an inference", f"{report.seconds.median * 1e3:,.3f} ms by the monitor's clock"),
        ("power in an inference", f"{report.watts * 1e3:,.3f} mW"),
        ("power between them", _milliwatts(report.idle_watts)),
        ("samples", f"{report.samples:,.0f} an inference, {report.rate_hz:,.0f} a second{lost}"),
        ("aligned by", _ALIGNED[report.aligned_by]),
        ("monitor", report.meter),
        ("device", report.url),
    ]
    title = f"{report.model} on {report.board}, runtime {report.runtime}"
    _console.show(_console.facts(title, rows))
    if report.damaged:
        _console.show(f"{report.damaged:,} measurements were lost or damaged")
    if report.samples < _COARSE:
        share = 100 / report.samples
        _console.show(f"few samples: one more or less is {share:.0f} % of the figure")
    if report.emulated:
        _console.show(f"{report.board} is no board: the monitor measures something else")


_ALIGNED = {
    "mark": "the mark, a pin that is high while the model runs",
    "link": "time stamps of the link (no mark): transfers and delays blur the figures",
}


def _figure(joules: float) -> str:
    unit, size = next(((u, s) for u, s in _UNITS.items() if abs(joules) >= s), ("nJ", 1e-9))
    return f"{joules / size:,.4g} {unit}"


def _range(joules: Spread) -> str:
    return f"{_figure(joules.min)} to {_figure(joules.max)}"


def _milliwatts(watts: float | None) -> str:
    return "-" if watts is None else f"{watts * 1e3:,.3f} mW"
