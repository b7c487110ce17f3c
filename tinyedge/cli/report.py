"""``tinyedge report``: one page and one table of everything that is known of a firmware."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import report
from tinyedge.cli import _console, _provenance, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.cli.bench import RUNS
from tinyedge.cli.boards import describe
from tinyedge.cli.debug import COMPARES
from tinyedge.cli.profile import RUNS as LAYER_RUNS
from tinyedge.cli.validate import SAMPLES
from tinyedge.errors import ConfigError, LinkError
from tinyedge.report import ReportData
from tinyedge.results import BenchReport, DebugReport, ProfileReport, ReportFiles, ValidateReport
from tinyedge.workflow import devices, examples, fits, observing, sizes
from tinyedge.workflow.devices import Built
from tinyedge.workflow.pipeline import Firmware
from tinyedge.workspace import write_atomic

_HERE = frozenset({"qemu", "host"})  # flash methods that start a device at once


@click.command(
    epilog=by_example(
        (
            "tinyedge report fashion-cnn --board netduinoplus2",
            "one page; what is missing is measured first",
        ),
    )
)
@target_options
@port_option
def command(
    *,
    target: Target,
    port: str | None,
    json_path: Path | None,
) -> None:
    """Write report.html, one page that needs no network, and report.md, a table for a repository.

    They show what "tinyedge validate", "bench", "profile" and "debug" last found with this
    firmware; what is missing or was found with another one is measured first (layers: on the host
    and on emulated boards).
    """
    _stages.require_ports(port)
    built = _stages.build(target)
    validated = devices.last(built, "validate.json", ValidateReport)
    benched = devices.last(built, "bench.json", BenchReport)
    if validated is None or benched is None:
        with _stages.device(built, port) as url:
            validated = validated or _stages.validate(built, url, SAMPLES, None)
            benched = benched or _stages.bench(built, url, RUNS)
    files = write(built, validated, benched, port)
    _console.path("page", files.html)
    _console.path("table", files.markdown)
    save(json_path, files)


def write(
    built: Built, validated: ValidateReport, benched: BenchReport, port: str | None
) -> ReportFiles:
    """Write both files into the firmware's folder. ``port``: a device that is there already."""
    firmware = built.firmware
    loaded, board = firmware.loaded, firmware.board
    profiled, debugged = _layers(built, port)
    _console.note("write the report")
    data = ReportData(
        board=describe(board),
        inspect=fits.examine(loaded, [board], firmware.runtime),
        build=built.report,
        size=sizes.measure(built),
        validate=validated,
        bench=benched,
        profile=profiled,
        debug=debugged,
        train=loaded.trained,
        quantize=loaded.quantized,
        examples=examples.pick(loaded, validated),
        spectrograms=examples.are_spectrograms(loaded),
        target=_provenance.target(built),
        provenance=_provenance.collect(built, validated, benched, profiled, debugged),
    )
    page, table = firmware.target / "report.html", firmware.target / "report.md"
    write_atomic(page, report.html(data))
    write_atomic(table, report.markdown(data))
    return ReportFiles(
        model=loaded.model.name,
        sha256=loaded.graph.sha256,
        board=board.id,
        runtime=firmware.runtime,
        html=str(page),
        markdown=str(table),
    )


def _layers(built: Built, port: str | None) -> tuple[ProfileReport | None, DebugReport | None]:
    """What is known of the layers of this very firmware; measured where that costs no flashing."""
    firmware = built.firmware
    kept = any((firmware.target / name).exists() for name in ("profile.json", "debug.json"))
    here = port is None and firmware.board.flash.method in _HERE and _observable(firmware)
    if not kept and not here:
        return None, None
    _console.note(f"compile {built.report.model} for {built.report.board}, observed")
    observed = devices.build(firmware, observe=True)
    profiled = devices.last(observed, "profile.json", ProfileReport)
    debugged = devices.last(observed, "debug.json", DebugReport)
    if here and (profiled is None or debugged is None):
        try:
            with _stages.device(observed, None) as url:
                profiled = profiled or _stages.profile(observed, url, LAYER_RUNS)
                if debugged is None:
                    _console.note(COMPARES)
                    debugged, _ = observing.debug(observed, url, 0, None, on_log=_console.note)
        except LinkError as error:  # what was measured before is worth a page
            _console.note(f"the report lacks layers: {error}")
    return profiled, debugged


def _observable(firmware: Firmware) -> bool:
    try:
        observing.require_observable(firmware)
    except ConfigError:
        return False
    return True
