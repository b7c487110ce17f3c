"""Recipe + data set -> trained float network, its metrics and curves, in build/<model>/.

Only the functions that need it import TensorFlow; a network that is up to date needs none.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tinyedge import backend, importing, results
from tinyedge import dataset as datasets
from tinyedge.dataset import Dataset, Split
from tinyedge.errors import ConfigError
from tinyedge.lock import exclusive
from tinyedge.recipe import Recipe
from tinyedge.results import TrainReport
from tinyedge.train import adopted, architectures, artefact, compress, curves, logs, tasks, transfer
from tinyedge.train.batches import batches
from tinyedge.train.checkpoint import Checkpoint
from tinyedge.train.fit import Course, fit, fresh
from tinyedge.train.progress import Progress
from tinyedge.workspace import (
    Workspace,
    is_current,
    sha256,
    sources_sha256,
    write_atomic,
    write_stamp,
)

__all__ = ["Progress", "TrainReport", "model_path", "train", "trained"]

MODEL = "model.keras"
CURVES = "curves.png"
STAMP = "train.stamp"
REPORT = "train.json"


def model_path(recipe: Recipe, workspace: Workspace) -> Path:
    """Where the trained network is kept, in Keras' own format."""
    return workspace.model(recipe.name) / MODEL


def train(
    recipe: Recipe, workspace: Workspace, progress: Progress | None = None, force: bool = False
) -> TrainReport:
    """Train the recipe's network, unless the last one was made from the same things.

    A run that was interrupted goes on after its last whole epoch, to the same weights. ``force``
    starts from nothing. The stages that make it smaller follow. Raises ConfigError
    for a wrong recipe, ToolError without TensorFlow.
    """
    progress = progress or Progress()
    if recipe.imported is not None:
        importing.find(recipe)  # a wrong file is told before the data set is read
    dataset = datasets.load(
        recipe.data, recipe.path, workspace.samples(recipe.name), progress.reading
    )
    _check(recipe, dataset)
    folder = workspace.model(recipe.name)
    key = _key(recipe, dataset)
    report = None if force else _current(recipe, workspace, key)
    if report is None:
        with exclusive(folder):
            checkpoint = Checkpoint(folder / "checkpoint.npz", key)
            if force:
                checkpoint.remove()
            report = _make(recipe, dataset, folder, checkpoint, progress)

    test = adopted.judged(recipe, dataset, folder).test if compress.stages(recipe) else dataset.test

    def judge(model: Any) -> float:
        return _accuracy(backend.load().tf, model, test, architectures.task(recipe))

    stages = compress.run(recipe, dataset, folder, key, judge, progress=progress, force=force)
    return msgspec.structs.replace(report, stages=stages)


def trained(recipe: Recipe, workspace: Workspace) -> TrainReport | None:
    """What an earlier training has left, if it is there and nothing has changed since.

    Trains nothing; raises what :func:`train` does for a wrong recipe.
    """
    folder = workspace.model(recipe.name)
    made = [folder / STAMP, *(folder / stage.kept for stage in compress.stages(recipe))]
    if not all(path.is_file() for path in made):  # before the data set is read
        return None
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    _check(recipe, dataset)
    return _current(recipe, workspace, _key(recipe, dataset))


def _check(recipe: Recipe, dataset: Dataset) -> None:
    """Raise ConfigError if the recipe's network cannot be made, or not of this data."""
    architectures.check(recipe, dataset.shape)
    needs_labels = recipe.imported is None or recipe.imported.task != "imitate"
    if needs_labels and len(dataset.classes) < 2:
        raise ConfigError(
            f"{recipe.path}: {dataset.name} has one class: {dataset.classes[0]}",
            'label the samples of two classes or more (or, with [import], write task = "imitate")',
        )


def _current(recipe: Recipe, workspace: Workspace, key: str) -> TrainReport | None:
    folder = workspace.model(recipe.name)
    report = results.earlier(folder / REPORT, TrainReport)
    if report is None or not is_current(folder / STAMP, key):
        return None
    return msgspec.structs.replace(
        report,
        recipe_sha256=sha256(recipe.path.read_bytes()),  # its other sections may have changed
        model_path=str(folder / Path(report.model_path).name),
        curves_path=str(folder / CURVES) if report.curves_path else "",
    )


def _make(
    recipe: Recipe, dataset: Dataset, folder: Path, checkpoint: Checkpoint, progress: Progress
) -> TrainReport:
    """Train or import; the stamp says of what, once all files are there."""
    stamp, report_path = folder / STAMP, folder / REPORT
    stamp.unlink(missing_ok=True)
    if recipe.imported is None:
        report = _train(recipe, dataset, folder, checkpoint, progress)
        made = [folder / MODEL, folder / CURVES]
    else:
        report, made = adopted.adopt(recipe, dataset, folder)
    results.write(report_path, report)
    write_stamp(stamp, checkpoint.key, [*made, report_path])
    checkpoint.remove()
    return report


def _train(
    recipe: Recipe, dataset: Dataset, folder: Path, checkpoint: Checkpoint, progress: Progress
) -> TrainReport:
    tensorflow, task = backend.load(), architectures.task(recipe)
    if recipe.training.tensorboard:
        progress = logs.Logged(tensorflow.tf, folder / "logs", progress)
    course = Course(recipe.training, dataset, task, augment=recipe.augment)
    model = fresh(tensorflow, recipe, dataset)
    frozen = Checkpoint(folder / "frozen-checkpoint.npz", checkpoint.key)
    if recipe.transfer is not None:
        _begin(recipe, model, course, frozen, progress)
    state = fit(tensorflow, model, course, checkpoint, progress)
    frozen.remove()
    model = fresh(tensorflow, recipe, dataset)
    model.set_weights(state.best)
    best = state.best_epoch
    assert best is not None
    report = TrainReport(
        model=recipe.name,
        recipe_sha256=sha256(recipe.path.read_bytes()),
        dataset=dataset.name,
        dataset_sha256=dataset.fingerprint,
        train_samples=len(dataset.train),
        validation_samples=len(dataset.validation),
        test_samples=len(dataset.test),
        skipped=adopted.skipped(dataset),
        class_names=dataset.classes,
        parameters=int(model.count_params()),
        metric=tasks.METRIC[task],
        seed=recipe.training.seed,
        epochs=state.epochs,
        validation_accuracy=best.validation_accuracy,
        test_accuracy=_accuracy(tensorflow.tf, model, dataset.test, task),
        model_path=str(folder / MODEL),
        curves_path=str(folder / CURVES),
        seconds=state.seconds,
    )
    write_atomic(folder / MODEL, artefact.pack(model))
    write_atomic(folder / CURVES, curves.draw(report))
    return report


def _begin(
    recipe: Recipe, model: Any, course: Course, checkpoint: Checkpoint, progress: Progress
) -> None:
    """Take a saved model's weights, and train the other layers around them first."""
    tensorflow, settings = backend.load(), recipe.transfer
    assert settings is not None
    taken = transfer.adopt(recipe, tensorflow.keras, model)
    if settings.frozen_epochs == 0:
        return
    for layer in taken:
        layer.trainable = False
    training = msgspec.structs.replace(
        recipe.training, epochs=settings.frozen_epochs, schedule="constant", patience=0
    )
    state = fit(tensorflow, model, replace(course, training=training), checkpoint, progress)
    model.set_weights(state.weights)
    for layer in taken:
        layer.trainable = True


def _accuracy(tf: Any, model: Any, split: Split, task: architectures.Task) -> float:
    order = np.arange(len(split), dtype=np.int64)
    inputs = batches(tf, split, 256, order, task).map(lambda inputs, _target: inputs)
    answers = model.predict(inputs, verbose=0)
    if task == "classify":
        return float(np.mean(answers.argmax(axis=1) == split.labels))
    return tasks.auc(tasks.errors(split.inputs, answers), split.labels)


def _key(recipe: Recipe, dataset: Dataset) -> str:
    """Digest of all that the weights depend on: settings, data, this code, TensorFlow."""
    sections = (recipe.data, recipe.imported, recipe.network, recipe.augment, recipe.transfer)
    settings = msgspec.json.encode((recipe.name, *sections, recipe.training))
    folders = (Path(__file__).parent, Path(importing.__file__).parent)
    sources = [sources_sha256(folder) for folder in folders]
    parts = [settings.decode(), dataset.fingerprint, repr(backend.versions()), *sources]
    parts += [architectures.identity(recipe), transfer.identity(recipe)]
    return sha256("\n".join(parts).encode())
