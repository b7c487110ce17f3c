"""``tinyedge package``: a signed model that a device takes while it runs another."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import keys
from tinyedge.cli import _console, _stages
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import Target, save, target_options
from tinyedge.results import PackageReport
from tinyedge.workflow import updates


@click.command(
    epilog=by_example(
        (
            "tinyedge package fashion-cnn --number 1.1.0",
            "a recipe's network, for firmware with --feature update",
        ),
        (
            "tinyedge package adapted.tflite --feature learn --number 1.2.0 --out adapted.tepkg",
            "what a device has learned",
        ),
    )
)
@target_options
@click.option("--number", required=True, metavar="X.Y.Z", help="The model's version.")
@click.option("--downgrade", is_flag=True, help="Sign it as one that may replace a newer model.")
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The key that signs (default: keys/update.key in the workspace).",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write it (default: beside the firmware, NAME-X.Y.Z.tepkg).",
)
def command(
    *,
    target: Target,
    number: str,
    downgrade: bool,
    key: Path | None,
    out: Path | None,
    json_path: Path | None,
) -> None:
    """Package and sign MODEL for devices whose firmware was built with --feature update.

    It holds the model's weights and tables for that board, vectors for the device's self-test, the
    .tflite, and a signed manifest with the hash of everything. Give the same options as when the
    firmware was built; a network of another shape needs new firmware. What "tinyedge adapt" wrote
    has the name of the model that learned, and its accuracy on the samples held out.
    """
    wanted = updates.version(number)
    secret = keys.secret(key or target.workspace.keys / keys.SECRET)
    firmware = _stages.generate(target.having("update"))
    report = updates.package(
        firmware, secret, wanted, downgrade=downgrade, out=out, workspace=target.workspace
    )
    show(report)
    save(json_path, report)


def show(report: PackageReport) -> None:
    """Print what it is."""
    rows = [
        ("version", report.version + (", may replace a newer one" if report.downgrade else "")),
        ("accuracy", _console.percent(report.accuracy)),
        ("content", f"{report.content_bytes:,} bytes, {report.vectors} vectors of self-test"),
        ("architecture", f"{report.architecture[:16]}..."),
        ("sha256 of the .tflite", f"{report.sha256[:16]}..."),
    ]
    _console.show(_console.facts(f"{report.model} for {report.board}", rows))
    _console.path("package", report.path)
