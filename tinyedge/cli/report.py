"""``tinyedge report``: one page and one table of everything that is known of a firmware."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import devices, pipeline, report
from tinyedge.cli import _console, _provenance, _stages
from tinyedge.cli._options import port_option, save, target_options
from tinyedge.cli.bench import RUNS
from tinyedge.cli.boards import describe
from tinyedge.cli.validate import SAMPLES
from tinyedge.devices import Built
from tinyedge.recipe import Compile
from tinyedge.report import ReportData
from tinyedge.results import BenchReport, ReportFiles, ValidateReport
from tinyedge.workspace import Workspace, write_atomic


@click.command(epilog="Example: tinyedge report fashion-cnn --board netduinoplus2")
@target_options
@port_option
def command(
    *,
    model: str,
    board: str,
    runtime: str | None,
    given: Compile,
    port: str | None,
    workspace: Workspace,
    json_path: Path | None,
) -> None:
    """Write report.html, one page that needs no network, and report.md, a table for a repository.

    They show what "tinyedge validate" and "tinyedge bench" last found with this firmware; what is
    missing or was found with another one is measured first.
    """
    _stages.require_ports(port)
    built = _stages.build(model, board, runtime, workspace, given)
    validated = devices.last(built, "validate.json", ValidateReport)
    benched = devices.last(built, "bench.json", BenchReport)
    if validated is None or benched is None:
        with _stages.device(built, port) as url:
            validated = validated or _stages.validate(built, url, SAMPLES, None)
            benched = benched or _stages.bench(built, url, RUNS)
    files = write(built, validated, benched)
    _console.path("page", files.html)
    _console.path("table", files.markdown)
    save(json_path, files)


def write(built: Built, validated: ValidateReport, benched: BenchReport) -> ReportFiles:
    """Write both files into the firmware's folder."""
    firmware = built.firmware
    loaded, board = firmware.loaded, firmware.board
    data = ReportData(
        board=describe(board),
        inspect=pipeline.examine(loaded, [board], firmware.runtime),
        build=built.report,
        validate=validated,
        bench=benched,
        train=loaded.trained,
        quantize=loaded.quantized,
        provenance=_provenance.collect(built, validated, benched),
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
