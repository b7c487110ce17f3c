"""``tinyedge versions``: the models that a device has, and which one runs."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.results import VersionsReport
from tinyedge.workflow import updates


@click.command(
    epilog=by_example(
        ("tinyedge versions fashion-cnn --port /dev/ttyUSB0", "of firmware with --feature update"),
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
    """Show the models in the slots of the device that runs MODEL's firmware."""
    _stages.require_ports(port)
    built = _stages.build(target.having("update"))
    report = updates.versions(built, updates.running(built, port), on_log=_console.note)
    show(report)
    save(json_path, report)


def show(report: VersionsReport) -> None:
    """Print the models, and what a restart or a rollback would do."""
    rows = [
        (
            "compiled in" if found.slot < 0 else f"slot {found.slot}",
            found.name,
            found.version,
            _console.percent(found.accuracy),
            f"{found.sha256[:12]}..." if found.sha256 else "-",
            "runs" if found.active else "",
        )
        for found in report.models
    ]
    columns = ["where", "model", "version", ">accuracy", "sha256", ""]
    _console.show(_console.table(f"Models on {report.board}", columns, rows))
    if report.compared:
        _console.show(f"{report.compared} answers compared, {report.differing} differ")
    if report.trial:
        _console.show("on trial: a restart would roll it back")
    if not report.lasts:
        _console.show("the slots are in RAM: a restart forgets them")
