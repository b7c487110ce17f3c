"""The networks that a recipe can name: one module each.

A module has ``Parameters`` (what ``network.parameters`` may say), ``check`` (whether they fit
the input, without TensorFlow) and ``build``, which returns an uncompiled Keras model whose
layers are named, so that the same recipe gives the same bytes.
"""

from __future__ import annotations

import importlib
from typing import Any

from tinyedge import config
from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Recipe

# name in the recipe -> module
ARCHITECTURES = {"cnn": "tinyedge.train.architectures.cnn"}

Shape = tuple[int, int, int]  # height, width, channels


def check(recipe: Recipe, shape: Shape) -> config.Table:
    """Return the recipe's parameters, checked; needs no TensorFlow.

    Raises ConfigError if there is no such architecture, it has no such parameter, or the
    network does not fit inputs of ``shape``.
    """
    name = recipe.network.architecture
    if name not in ARCHITECTURES:
        raise ConfigError(
            f'{recipe.path}: network.architecture = "{name}" is not an architecture'
            f"{near_match(name, ARCHITECTURES)}",
            f"architectures: {', '.join(ARCHITECTURES)}",
        )
    module = importlib.import_module(ARCHITECTURES[name])
    parameters: config.Table = config.convert(
        recipe.network.parameters, module.Parameters, recipe.path, "network.parameters"
    )
    try:
        module.check(parameters, shape)
    except ValueError as error:
        size = " x ".join(map(str, shape))
        raise ConfigError(
            f"{recipe.path}: network.parameters do not fit inputs of {size}: {error}",
            "use a smaller kernel or pool, or fewer filters",
        ) from error
    return parameters


def build(recipe: Recipe, keras: Any, shape: Shape, classes: int) -> Any:
    """Return the recipe's network, uncompiled. Raises ConfigError as :func:`check` does."""
    parameters = check(recipe, shape)
    module = importlib.import_module(ARCHITECTURES[recipe.network.architecture])
    return module.build(keras, parameters, shape, classes)
