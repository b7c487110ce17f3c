"""``tinyedge quantize``: the trained network as int8, and what that costs in accuracy."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import recipe as recipes
from tinyedge.cli import _console, train
from tinyedge.cli._options import force_option, json_option, save, workspace_option
from tinyedge.quantize import quantize, require_accuracy
from tinyedge.results import QuantizeReport
from tinyedge.workspace import Workspace


@click.command(
    epilog="Examples: tinyedge quantize fashion-cnn; "
    "tinyedge quantize my/recipe.toml --json quantize.json"
)
@click.argument("recipe", metavar="RECIPE")
@force_option
@workspace_option
@json_option
def command(recipe: str, force: bool, workspace: Workspace, json_path: Path | None) -> None:
    """Quantize the network of RECIPE fully to int8; train it first if need be.

    The int8 accuracy is over the whole test split, by TensorFlow Lite Micro's reference kernels.
    Exit code 1 if it is lower than the recipe allows.
    """
    loaded = recipes.load(recipe)
    trained = train.run(loaded, workspace)
    with _console.progress(f"test {loaded.name} as int8") as advance:
        report = quantize(loaded, workspace, trained, advance, force)
    _console.show(_facts(report))
    save(json_path, report)
    require_accuracy(report)
    _console.verdict(True, f"int8 loses at most {report.max_accuracy_drop * 100:g} points")


def _facts(report: QuantizeReport) -> object:
    return _console.facts(
        f"Quantization of {report.model}",
        [
            (f"float {report.metric}", _console.percent(report.float_accuracy)),
            (f"int8 {report.metric}", _console.percent(report.int8_accuracy)),
            ("lost", f"{report.accuracy_drop * 100:.2f} points"),
            ("allowed", f"{report.max_accuracy_drop * 100:.2f} points"),
            ("test samples", report.test_samples),
            ("calibration samples", report.representative_samples),
            ("size", f"{report.tflite_bytes:,} bytes"),
            ("model", report.tflite_path),
        ],
    )
