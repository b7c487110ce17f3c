"""A recipe's ``[quantize]`` -> int8 .tflite: after training or aware of it, by any calibration."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge import backend
from tinyedge.dataset import Dataset
from tinyedge.graph import read_tflite
from tinyedge.quantize import calibrate, evaluate, floats, litert, noise, ptq
from tinyedge.quantize.calibrate import Choice
from tinyedge.quantize.ptq import Samples
from tinyedge.recipe import Recipe
from tinyedge.results import CalibrationTrial, LayerNoise
from tinyedge.train import architectures, compress

_JUDGED = 1000  # samples of the validation split that a search looks at


@dataclass(frozen=True)
class Converted:
    """The int8 model, how its ranges were found, and what else a search has tried."""

    tflite: bytes
    calibration: str
    trials: tuple[CalibrationTrial, ...] = ()


def convert(recipe: Recipe, dataset: Dataset, model: bytes, twin: Path | None) -> Converted:
    """Convert a .keras file or a float .tflite, or the quantization-aware ``twin`` of the first.

    Raises ModelError with the converter's reason.
    """
    tensorflow, settings = backend.load(), recipe.quantize
    if twin is not None:
        aware = compress.aware_twin(recipe, model, twin)
        made = ptq.convert_aware(tensorflow, aware, recipe.name, settings.dense)
        return Converted(made, "")
    samples = dataset.representative(settings.samples, settings.seed).inputs
    choices = calibrate.choices(settings)
    if len(choices) == 1:
        return Converted(_by(recipe, model, samples, choices[0]), choices[0].title)
    return _search(recipe, dataset, model, samples, choices)


def layers(
    recipe: Recipe, dataset: Dataset, model: bytes, tflite: bytes, *, aware: bool
) -> list[LayerNoise]:
    """Each layer's int8 output against the float network's, worst first.

    One that is ``aware`` of int8 is compared with itself without rounded outputs.
    """
    graph, test = read_tflite.read(tflite, recipe.name), dataset.test
    if aware:
        return noise.layers(recipe, graph, test, noise.trained(graph, test))
    plain = ptq.floating(backend.load(), model, recipe.name)
    values = floats.run(backend.load(), plain, test.first(noise.SAMPLES).inputs)
    return noise.layers(recipe, graph, test, values)


def floating(
    recipe: Recipe, dataset: Dataset, model: bytes, sample: NDArray[np.float32]
) -> floats.Values:
    """Every tensor of the float network for one sample, by its name in the .tflite."""
    samples = dataset.representative(noise.SAMPLES, recipe.quantize.seed).inputs
    calibrated = ptq.calibrated(backend.load(), model, samples, recipe.name)
    return next(floats.run(backend.load(), calibrated, sample[np.newaxis]))


def _by(recipe: Recipe, model: bytes, samples: Samples, choice: Choice) -> bytes:
    tensorflow, dense = backend.load(), recipe.quantize.dense
    if recipe.quantize.backend == "litert":
        plain = ptq.floating(tensorflow, model, recipe.name)
        return litert.quantize(tensorflow, plain, samples, choice, name=recipe.name, dense=dense)
    if choice.kind == "min-max" and not ptq.is_tflite(model):
        return ptq.convert(tensorflow, model, samples, recipe.name, dense)
    ranged = ptq.calibrated(tensorflow, model, samples, recipe.name)
    if choice.kind != "min-max":
        ranged = calibrate.recalibrated(tensorflow, ranged, samples, choice)
    return ptq.quantize_calibrated(tensorflow, ranged, recipe.name, dense)


def _search(
    recipe: Recipe,
    dataset: Dataset,
    model: bytes,
    samples: Samples,
    choices: tuple[Choice, ...],
) -> Converted:
    """Try them all; the test split has no say, so that its accuracy stays honest."""
    split = dataset.validation.first(_JUDGED)
    tried = []
    for choice in choices:
        tflite = _by(recipe, model, samples, choice)
        accuracy = evaluate.accuracy(
            tflite, split, architectures.task(recipe), lambda _done, _all: None
        )
        tried.append((choice, accuracy, tflite))
    chosen = calibrate.best([(choice, accuracy) for choice, accuracy, _ in tried])
    trials = tuple(
        CalibrationTrial(calibration=choice.title, accuracy=accuracy, samples=len(split))
        for choice, accuracy, _ in tried
    )
    tflite = next(tflite for choice, _, tflite in tried if choice is chosen)
    return Converted(tflite, chosen.title, trials)
