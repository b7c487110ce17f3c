"""A trained network from elsewhere -> float .tflite, checked against the framework it comes from.

What a recipe's ``[import]`` names is converted once, for one sample with its channels last. Only
the functions that need it import TensorFlow; ONNX and PyTorch never run in this process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinyedge import backend
from tinyedge.dataset import Dataset
from tinyedge.errors import CheckFailed, ConfigError
from tinyedge.importing import floating, foreign, source, tensorflow
from tinyedge.importing.source import Source
from tinyedge.importing.types import Converted, Floats
from tinyedge.recipe import Import, Recipe
from tinyedge.results import ImportedNetwork

__all__ = ["FLOAT", "Imported", "convert", "find", "floating", "has_layers"]

FLOAT = "float.tflite"
COMPARED = 16  # random inputs
_SEED = 1


@dataclass(frozen=True, eq=False)
class Imported:
    """The network as float .tflite; ``keras``: the model, if the later stages can train it."""

    floating: bytes
    report: ImportedNetwork
    keras: Any = None


def find(recipe: Recipe) -> Source:
    """The file that is imported. Raises ConfigError or ModelError as :func:`source.find` does.

    So for stages that train, if the file has no layers that they know.
    """
    found = source.find(recipe)
    if not has_layers(found):
        for name, wanted in (
            ("[prune]", recipe.prune),
            ("[cluster]", recipe.cluster),
            ('quantize.method = "qat"', recipe.quantize.method == "qat" or None),
        ):
            if wanted is not None:
                raise ConfigError(
                    f"{recipe.path}: {name} trains layers of Keras 2, and {found.path.name} "
                    f"({found.title}) has none",
                    f"remove {name}, or save the network with tf_keras",
                )
    return found


def has_layers(found: Source) -> bool:
    """Whether it is a network of Keras 2, which can be pruned, clustered and trained on."""
    return found.kind == "tf-keras"


def convert(recipe: Recipe, dataset: Dataset) -> Imported:
    """Convert the network and compare it with its source on random inputs.

    Raises ModelError for what cannot be loaded, converted or run on a device, naming it;
    ConfigError where the data does not fit it; ToolError without the converter; CheckFailed if the
    converted network answers otherwise than its source.
    """
    assert recipe.imported is not None
    found = find(recipe)
    name = str(found.path)
    inputs = _random(dataset)
    made = _converted(found, inputs)
    transposes = floating.check(made.floating, dataset.shape, name)
    answers = floating.run(backend.load(), made.floating, inputs)
    _check_outputs(recipe.imported, dataset, answers, name)
    theirs = made.answers.reshape(answers.shape)
    report = ImportedNetwork(
        path=found.path.name,
        format=found.title,
        sha256=found.digest(),
        converter=made.converter,
        framework=made.framework,
        input_shape=made.input_shape,
        channels_moved=made.channels_moved,
        transposes=transposes,
        compared=len(inputs),
        max_error=float(np.abs(answers - theirs).max()),
        max_output=float(np.abs(theirs).max()),
        tolerance=recipe.imported.tolerance,
    )
    _require_equal(report, name)
    return Imported(made.floating, report, made.keras)


def _converted(found: Source, inputs: Floats) -> Converted:
    if found.kind in foreign.PACKAGES:
        made = foreign.convert(found, inputs)
        return replace(made, floating=floating.plain(backend.load(), made.floating))
    if found.kind == "tflite":
        data = found.path.read_bytes()
        floating.check(data, inputs.shape[1:], str(found.path))
        answers = floating.run(backend.load(), data, inputs)
        return Converted(data, answers, inputs.shape[1:], "none", "none")
    return tensorflow.convert(backend.load(), found, inputs)


def _random(dataset: Dataset) -> Floats:
    low, high = dataset.train.range
    random = np.random.RandomState(_SEED)
    return random.uniform(low, high, (COMPARED, *dataset.shape)).astype(np.float32)


def _check_outputs(settings: Import, dataset: Dataset, answers: Floats, name: str) -> None:
    outputs = int(np.prod(answers.shape[1:]))
    wanted = {
        "classify": len(dataset.classes),
        "reconstruct": int(np.prod(dataset.shape)),
        "imitate": outputs,
    }[settings.task]
    if outputs != wanted:
        raise ConfigError(
            f"{name}: it has {outputs} outputs, and the data set {wanted} "
            f"{'classes' if settings.task == 'classify' else 'values a sample'}",
            'name all classes in data.classes, or write import.task = "imitate", which needs none',
        )
    if settings.task == "imitate" and outputs < 2:
        raise ConfigError(f"{name}: it decides nothing: it has one output", "give it two or more")


def _require_equal(report: ImportedNetwork, name: str) -> None:
    if not report.max_error <= report.tolerance * report.max_output:
        raise CheckFailed(
            f"{name}: converted by {report.converter}, it answers up to {report.max_error:.3g} "
            f"beside {report.framework}, whose greatest output is {report.max_output:.3g}; "
            f"the recipe allows {report.tolerance:g} of that",
            "raise import.tolerance if that is good enough",
        )
