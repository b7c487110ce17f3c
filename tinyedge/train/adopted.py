"""A network that is imported instead of trained: its files, its accuracy, its report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tinyedge import backend, importing
from tinyedge.dataset import Dataset, Split
from tinyedge.graph import container
from tinyedge.graph.types import DType
from tinyedge.importing import floating
from tinyedge.importing.types import Floats
from tinyedge.recipe import Recipe
from tinyedge.results import SkippedFile, TrainReport
from tinyedge.train import architectures, artefact, tasks
from tinyedge.workspace import sha256, write_atomic

_AT_ONCE = 256  # samples
_KERAS = "model.keras"
_AGREEMENT = "agreement"


def adopt(recipe: Recipe, dataset: Dataset, folder: Path) -> tuple[TrainReport, list[Path]]:
    """Convert the network that the recipe imports; return its report and the files written.

    Raises what :func:`importing.convert` does.
    """
    found = importing.convert(recipe, dataset)
    made = [folder / importing.FLOAT]
    write_atomic(made[0], found.floating)
    if found.keras is not None:
        made.insert(0, folder / _KERAS)
        write_atomic(made[0], artefact.pack(found.keras))
    dataset = judged(recipe, dataset, folder)
    validation, test = (
        _score(recipe, split, found.floating) for split in (dataset.validation, dataset.test)
    )
    report = TrainReport(
        model=recipe.name,
        recipe_sha256=sha256(recipe.path.read_bytes()),
        dataset=dataset.name,
        dataset_sha256=dataset.fingerprint,
        train_samples=len(dataset.train),
        validation_samples=len(dataset.validation),
        test_samples=len(dataset.test),
        skipped=skipped(dataset),
        class_names=dataset.classes,
        parameters=_parameters(found.floating, recipe.name),
        metric=_AGREEMENT if _imitated(recipe) else tasks.METRIC[architectures.task(recipe)],
        seed=recipe.training.seed,
        epochs=(),
        validation_accuracy=validation,
        test_accuracy=test,
        imported=found.report,
        model_path=str(made[0]),
        curves_path="",
        seconds=0.0,
    )
    return report, made


def judged(recipe: Recipe, dataset: Dataset, folder: Path) -> Dataset:
    """The data set; for a network to be imitated, labelled by what that decides in float."""
    if not _imitated(recipe):
        return dataset
    model = (folder / importing.FLOAT).read_bytes()

    def relabelled(split: Split) -> Split:
        return replace(split, labels=floating.decisions(_answers(split, model)))

    return replace(
        dataset, validation=relabelled(dataset.validation), test=relabelled(dataset.test)
    )


def skipped(dataset: Dataset) -> tuple[SkippedFile, ...]:
    """The files that are no samples, for a report."""
    return tuple(SkippedFile(path=file.path, reason=file.reason) for file in dataset.skipped)


def _imitated(recipe: Recipe) -> bool:
    return recipe.imported is not None and recipe.imported.task == "imitate"


def _score(recipe: Recipe, split: Split, model: bytes) -> float:
    answers = _answers(split, model)
    if architectures.task(recipe) == "classify":
        return float(np.mean(floating.decisions(answers) == split.labels))
    return tasks.auc(tasks.errors(split.inputs, answers), split.labels)


def _answers(split: Split, model: bytes) -> Floats:
    loaded = backend.load()
    pieces = [
        floating.run(loaded, model, split.scale(split.raw[start : start + _AT_ONCE]))
        for start in range(0, len(split), _AT_ONCE)
    ]
    return np.concatenate(pieces)


def _parameters(model: bytes, name: str) -> int:
    """Float constants of the converted network, in which batch normalization is folded."""
    tensors = container.read(model, name).tensors
    return sum(t.elements for t in tensors if t.is_constant and t.dtype is DType.FLOAT32)
