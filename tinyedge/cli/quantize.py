"""``tinyedge quantize``: the trained network as int8, and what that costs in accuracy."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import recipe as recipes
from tinyedge.cli import _console, train
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import force_option, json_option, save, workspace_option
from tinyedge.quantize import quantize, require_accuracy
from tinyedge.results import QuantizeReport
from tinyedge.workflow import pipeline, watching
from tinyedge.workspace import Workspace


@click.command(
    epilog=by_example(
        ("tinyedge quantize fashion-cnn", "int8, and what it costs"),
        ("tinyedge quantize my/recipe.toml --layers", "which layers it costs most in"),
    )
)
@click.argument("recipe", metavar="RECIPE")
@click.option("--layers", is_flag=True, help="Show where accuracy is lost, worst layer first.")
@force_option
@workspace_option
@json_option
def command(
    *, recipe: str, layers: bool, force: bool, workspace: Workspace, json_path: Path | None
) -> None:
    """Quantize the network of RECIPE fully to int8; train it first if need be.

    The int8 accuracy is over the whole test split, by TensorFlow Lite Micro's reference kernels.
    Exit code 1 if it is lower than the recipe allows.
    """
    loaded = recipes.load(recipe)
    trained = train.run(loaded, workspace)
    with _console.progress(f"test {loaded.name} as int8") as advance:
        report = quantize(loaded, workspace, trained, advance, force, layers=layers)
    _console.show(_facts(report))
    if report.calibrations:
        _console.show(_calibrations(report))
    if layers:
        _console.show(_layers(report))
        _console.note(f"drawn in {report.layers_path}")
        _console.note(report.treat)
    save(json_path, report)
    _keep_statistics(recipe, workspace)
    require_accuracy(report)
    _console.verdict(True, f"int8 loses at most {report.max_accuracy_drop * 100:g} points")


def _keep_statistics(recipe: str, workspace: Workspace) -> None:
    """What the training split is like, for "monitor --drift"."""
    made = pipeline.load(pipeline.resolve(recipe), workspace)
    with _console.progress("look at the training split") as advance:
        watching.expected(made, workspace, advance)


def _facts(report: QuantizeReport) -> object:
    return _console.facts(
        f"Quantization of {report.model}",
        [
            (f"float {report.metric}", _console.percent(report.float_accuracy)),
            (f"int8 {report.metric}", _console.percent(report.int8_accuracy)),
            ("lost", f"{report.accuracy_drop * 100:.2f} points"),
            ("allowed", f"{report.max_accuracy_drop * 100:.2f} points"),
            ("test samples", report.test_samples),
            ("method", f"{report.method}, by {report.backend}"),
            ("calibration", report.calibration or "in training"),
            ("calibration samples", report.representative_samples),
            ("size", f"{report.tflite_bytes:,} bytes, {report.deflated_bytes:,} deflated"),
            ("weights that are 0", _console.percent(report.sparsity)),
            ("model", report.tflite_path),
        ],
    )


def _calibrations(report: QuantizeReport) -> object:
    rows = [
        (trial.calibration, _console.percent(trial.accuracy), trial.samples)
        for trial in report.calibrations
    ]
    columns = ["calibration", f">validation {report.metric}", ">samples"]
    return _console.table("Search", columns, rows)


def _layers(report: QuantizeReport) -> object:
    rows = [
        (layer.index, layer.op, f"{layer.snr_db:.1f}", f"{layer.gain_db:+.1f}", layer.advice)
        for layer in report.layers
    ]
    columns = ["#", "operator", ">signal to noise, dB", ">its own part, dB", "what would help"]
    against = "float" if report.method == "ptq" else "itself without rounded outputs"
    return _console.table(f"Layers, int8 against {against}", columns, rows)
