"""``tinyedge train``: a recipe's network, trained on its data set."""

from __future__ import annotations

from pathlib import Path

import click

from tinyedge import recipe as recipes
from tinyedge.cli import _console
from tinyedge.cli._examples import by_example
from tinyedge.cli._options import force_option, json_option, save, workspace_option
from tinyedge.dataset import npz
from tinyedge.dataset.source import locate
from tinyedge.recipe import Recipe
from tinyedge.results import Epoch, ImportedNetwork, TrainReport
from tinyedge.train import Progress, train
from tinyedge.workspace import Workspace

_LISTED = 10  # skipped files that the terminal is told


@click.command(
    epilog=by_example(
        ("tinyedge train fashion-cnn", "a recipe that comes along"),
        (
            "tinyedge train my/recipe.toml --force --json train.json",
            "one of yours, from the first epoch on",
        ),
    )
)
@click.argument("recipe", metavar="RECIPE")
@force_option
@workspace_option
@json_option
def command(recipe: str, force: bool, workspace: Workspace, json_path: Path | None) -> None:
    """Train the network of RECIPE: a recipe's name, or a path to a recipe.toml.

    Nothing is trained again while recipe, data set and tinyedge stay the same. Stopped by Ctrl-C,
    the next run goes on after the last whole epoch, to the same weights.
    """
    report = run(recipes.load(recipe), workspace, force)
    if report.imported is not None:
        _console.show(_origin(report, report.imported))
    else:
        _console.show(_epochs(report), _facts(report))
    if report.stages:
        _console.show(_stages(report))
    save(json_path, report)


def run(recipe: Recipe, workspace: Workspace, force: bool = False) -> TrainReport:
    """Train with a progress bar, or say that there is nothing to do."""
    with _console.progress(f"train {recipe.name}") as advance:
        shown = _Shown(advance)
        report = train(recipe, workspace, shown, force)
    if report.skipped:
        _console.note(_skipped(report))
    if report.imported is not None:
        _console.note(report.imported.comparison)
        if scaled := _scaling(recipe):
            _console.note(scaled)
    elif shown.total == 0:
        _console.note(f"{recipe.name} is trained, and nothing that it depends on has changed")
    return report


def _scaling(recipe: Recipe) -> str:
    data = recipe.data
    return npz.scaling(locate(data, recipe.path), data.range) if data.source == "npz" else ""


def _skipped(report: TrainReport) -> str:
    """The count and the first of the files that were left out."""
    files = report.skipped
    lines = [f"{report.dataset}: {len(files)} files are no samples and were left out:"]
    lines += [f"  {file.path}: {file.reason}" for file in files[:_LISTED]]
    if len(files) > _LISTED:
        lines.append(f"  ... and {len(files) - _LISTED} more; --json lists them all")
    return "\n".join(lines)


class _Shown(Progress):
    """Progress over the batches of all epochs."""

    def __init__(self, advance: _console.Advance) -> None:
        self._advance = advance
        self._batches = self.total = 0
        self._epochs = 0

    def reading(self, done: int, total: int) -> None:
        self._advance(done, total, "reading files")

    def started(self, epochs: int, batches: int, done: int) -> None:
        self._batches, self._epochs, self.total = batches, epochs, epochs * batches
        text = f"going on after epoch {done}" if done else ""
        self._advance(done * batches, self.total, text)

    def batch(self, epoch: int, batch: int, loss: float, accuracy: float) -> None:
        self._advance(
            (epoch - 1) * self._batches + batch,
            self.total,
            f"epoch {epoch} of {self._epochs}, loss {loss:.4f}, "
            f"accuracy {_console.percent(accuracy)}",
        )


def _epochs(report: TrainReport) -> object:
    columns = ["epoch", ">loss", ">accuracy", ">validation loss", ">validation accuracy"]
    return _console.table(f"Training of {report.model}", columns, [_row(e) for e in report.epochs])


def _row(epoch: Epoch) -> tuple[object, ...]:
    return (
        epoch.epoch,
        f"{epoch.loss:.4f}",
        _console.percent(epoch.accuracy),
        f"{epoch.validation_loss:.4f}",
        _console.percent(epoch.validation_accuracy),
    )


def _stages(report: TrainReport) -> object:
    columns = ["stage", ">epochs", f">test {report.metric}", ">zeros", ">values a kernel"]
    columns += [">kernels, bytes", ">deflated"]
    rows = [
        (
            stage.stage,
            stage.epochs,
            _console.percent(stage.test_accuracy),
            _console.percent(stage.sparsity),
            stage.most_values,
            stage.weight_bytes,
            stage.deflated_bytes,
        )
        for stage in report.stages
    ]
    return _console.table("Compression", columns, rows)


def _origin(report: TrainReport, origin: ImportedNetwork) -> object:
    samples = f"{report.train_samples:,} + {report.validation_samples:,} + {report.test_samples:,}"
    layout = "channels first in the source, last here" if origin.channels_moved else "as it was"
    return _console.facts(
        "Imported float network",
        [
            ("file", origin.path),
            ("format", origin.format),
            ("converter", origin.converter),
            ("compared with", origin.framework),
            ("greatest difference", f"{origin.max_error:.3g} of {origin.max_output:.3g}"),
            ("input in the source", " x ".join(map(str, origin.input_shape))),
            ("layout", layout),
            ("transposes left", origin.transposes),
            ("data set", report.dataset),
            ("calibration + validation + test", samples),
            ("parameters", report.parameters),
            (f"test {report.metric}", _console.percent(report.test_accuracy)),
            ("network", report.model_path),
        ],
    )


def _facts(report: TrainReport) -> object:
    samples = f"{report.train_samples:,} + {report.validation_samples:,} + {report.test_samples:,}"
    return _console.facts(
        "Float network",
        [
            ("data set", report.dataset),
            ("training + validation + test", samples),
            ("parameters", report.parameters),
            (f"test {report.metric}", _console.percent(report.test_accuracy)),
            ("training took", f"{report.seconds:.0f} s"),
            ("network", report.model_path),
            ("curves", report.curves_path),
        ],
    )
