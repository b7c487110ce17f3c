"""``tinyedge rollback``: the model before the one that runs."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.cli.versions import show
from tinyedge.workflow import updates


@click.command(
    epilog=by_example(
        (
            "tinyedge rollback fashion-cnn --port /dev/ttyUSB0",
            "the model before, or the compiled-in one",
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
    """Run the model before the one that runs: of the other slot, or the compiled-in one."""
    _stages.require_ports(port)
    built = _stages.build(target.having("update"))
    report = updates.rollback(built, updates.running(built, port), on_log=_console.note)
    show(report)
    save(json_path, report)
