"""A recipe's network before training, as int8: its sizes are those that training will leave."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinyedge import backend
from tinyedge.quantize import ptq
from tinyedge.quantize.verify import check_int8
from tinyedge.recipe import Recipe
from tinyedge.train import architectures, artefact
from tinyedge.train.architectures.layers import Shape

_SAMPLES = 8


@dataclass(frozen=True)
class Outline:
    """Weights and multiply-accumulates of a network."""

    parameters: int
    macs: int


def outline(recipe: Recipe, shape: Shape, classes: int) -> Outline:
    """What the network takes, without converting it.

    Layers of a user's own classes count no multiply-accumulates. Raises ConfigError as
    ``architectures.check`` and ``build`` do.
    """
    architectures.check(recipe, shape)
    model = _network(recipe, shape, classes)
    return Outline(int(model.count_params()), sum(_macs(layer) for layer in model.submodules))


def sketch(recipe: Recipe, shape: Shape, classes: int) -> bytes:
    """Return the .tflite with random weights, calibrated with noise.

    Operators, shapes and sizes are the trained network's; its answers mean nothing. Raises
    ConfigError or ModelError as training and quantization would.
    """
    architectures.check(recipe, shape)
    model = _network(recipe, shape, classes)
    low, high = recipe.data.range
    noise = np.random.RandomState(1).uniform(low, high, (_SAMPLES, *shape)).astype(np.float32)
    _settle(model, noise)
    tflite = ptq.convert(backend.load(), artefact.pack(model), noise, recipe.name)
    check_int8(tflite, recipe.name)
    return tflite


def _network(recipe: Recipe, shape: Shape, classes: int) -> Any:
    keras = backend.load().keras
    keras.backend.clear_session()
    keras.utils.set_random_seed(recipe.training.seed)
    return architectures.build(recipe, keras, shape, classes)


def _macs(layer: Any) -> int:
    """Of one Keras layer: each weight of a kernel is used once for each position of its output."""
    kind = type(layer).__name__
    if kind == "Dense":
        return int(math.prod(layer.kernel.shape))
    if kind == "Conv2D":
        return int(math.prod(layer.output_shape[1:3]) * math.prod(layer.kernel.shape))
    if kind == "DepthwiseConv2D":
        return int(math.prod(layer.output_shape[1:3]) * math.prod(layer.depthwise_kernel.shape))
    return 0


def _settle(model: Any, noise: Any) -> None:
    """Give batch normalizations the statistics of the noise, so that values do not die out."""
    norms = [layer for layer in model.submodules if type(layer).__name__ == "BatchNormalization"]
    for layer in norms:
        layer.momentum, layer.kept = 0.0, layer.momentum
    model(noise, training=True)
    for layer in norms:
        layer.momentum = layer.kept
