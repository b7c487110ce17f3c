"""One trial: estimated, and if it fits the board, trained, quantized and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyedge import dataset as datasets
from tinyedge.errors import ModelError
from tinyedge.fitting import fit
from tinyedge.fitting.estimate import Estimator, Needs
from tinyedge.graph import read_tflite
from tinyedge.quantize import evaluate, int8
from tinyedge.recipe import Recipe
from tinyedge.results import FitLimits, TrainReport
from tinyedge.train import architectures
from tinyedge.workspace import Workspace

Trainer = Callable[[Recipe, Workspace], TrainReport]


@dataclass(frozen=True)
class Outcome:
    """``accuracy`` of int8 on the validation split; None: ``exceeds`` says why it has none."""

    needs: Needs
    exceeds: str
    accuracy: float | None = None


@dataclass(frozen=True)
class TrialWorkspace(Workspace):
    """A trial's own folder; trials whose inputs have one size share what was read of the files."""

    shared: Path

    def samples(self, model: str) -> Path:  # noqa: ARG002
        """Folder of the samples, whatever the trial."""
        return self.shared


def run(
    recipe: Recipe,
    estimator: Estimator,
    limits: FitLimits,
    workspace: TrialWorkspace,
    trainer: Trainer,
) -> Outcome:
    """Estimate; train and judge what keeps the limits. A training that was cut short goes on.

    A training that diverges, or a network that the converter refuses, is no error: its outcome
    says so.
    """
    needs = estimator.needs(recipe)
    exceeds = fit.exceeds(needs, limits)
    if exceeds:
        return Outcome(needs, exceeds)
    try:
        trained = trainer(recipe, workspace)
        tflite = int8(recipe, workspace)
        needs = estimator.trained(read_tflite.read(tflite, recipe.name), trained.parameters)
    except ModelError as error:
        return Outcome(needs, error.message)
    exceeds = fit.exceeds(needs, limits)
    if exceeds:  # weights that training has left may need other kernels
        return Outcome(needs, exceeds)
    dataset = datasets.load(recipe.data, recipe.path, workspace.samples(recipe.name))
    task = architectures.task(recipe)
    return Outcome(needs, "", evaluate.accuracy(tflite, dataset.validation, task, _quiet))


def _quiet(_done: int, _total: int) -> None:
    pass
