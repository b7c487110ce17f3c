"""``tinyedge update``: a package into a running device."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, port_option, save, target_options
from tinyedge.cli.versions import show
from tinyedge.workflow import updates

SAMPLES = 20


@click.command(
    epilog=by_example(
        (
            "tinyedge update fashion-cnn fashion-cnn-1.1.0.tepkg",
            "what tinyedge package wrote, to the device that flash left running",
        ),
    )
)
@target_options
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@port_option
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=SAMPLES,
    show_default=True,
    help="Answers to compare with the reference before the new model is kept.",
)
def command(
    *,
    target: Target,
    package: Path,
    port: str | None,
    samples: int,
    json_path: Path | None,
) -> None:
    """Put PACKAGE on the device that runs MODEL's firmware; the old model answers meanwhile.

    The device checks signature, hash and architecture, then its self-test, and runs the new model
    on trial: a restart would roll it back. Then its answers are compared with the TFLM reference;
    if all are equal it is kept, else rolled back. The device is the one that "tinyedge flash" left
    running, or the one at --port.
    """
    _stages.require_ports(port)
    built = _stages.build(target.having("update"))
    url = updates.running(built, port)
    found = updates.load(package, built, target.workspace)
    with _console.progress(f"update {built.report.model} on {built.report.board}") as hear:
        report = updates.update(built, url, found, samples, hear=hear, on_log=_console.note)
    show(report)
    save(json_path, report)
