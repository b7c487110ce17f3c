"""The networks that a recipe can name: one module each, or a user's function.

A module has ``Parameters`` (what ``network.parameters`` may say), ``check`` (whether they fit
the input, without TensorFlow) and ``build``, which returns an uncompiled Keras model whose
layers are named, so that the same recipe gives the same bytes. ``SCALE`` says which parameters
make it wider and deeper, ``TASK`` what it is trained to do, if that is not to classify.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, Literal

from tinyedge import config, importing
from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Recipe
from tinyedge.train.architectures import custom
from tinyedge.train.architectures.layers import Shape
from tinyedge.train.architectures.scale import Scale

Task = Literal["classify", "reconstruct"]

# names in recipes: modules of this package, with hyphens
ARCHITECTURES = (
    "cnn",
    "lenet5",
    "ds-cnn",
    "mobilenet-v1",
    "mobilenet-v2",
    "resnet8",
    "autoencoder",
)


def check(recipe: Recipe, shape: Shape) -> None:
    """Check the recipe's architecture and parameters; needs no TensorFlow.

    Raises ConfigError if there is no such architecture, it has no such parameter, or the
    network does not fit inputs of ``shape``.
    """
    if recipe.imported is not None:
        importing.find(recipe)
    elif custom.named(recipe):
        custom.function(recipe)
    else:
        _parameters(recipe, shape)


def build(recipe: Recipe, keras: Any, shape: Shape, classes: int) -> Any:
    """Return the recipe's network, uncompiled. Raises ConfigError as :func:`check` does.

    So for a network that is imported: it has one size, and weights.
    """
    if recipe.imported is not None:
        raise ConfigError(
            f"{recipe.path}: [import] brings a whole network, which is not built anew",
            "write [network] and [training] for one of other sizes",
        )
    if custom.named(recipe):
        return custom.build(recipe, keras, shape, classes)
    return _module(recipe).build(keras, _parameters(recipe, shape), shape, classes)


def task(recipe: Recipe) -> Task:
    """What the network is trained to do; one that is to be imitated decides, too."""
    if recipe.imported is not None:
        return "reconstruct" if recipe.imported.task == "reconstruct" else "classify"
    if custom.named(recipe):
        return "classify"
    found: Task = getattr(_module(recipe), "TASK", "classify")
    return found


def scale(recipe: Recipe) -> Scale:
    """Which parameters of the network are its width and its depth. Raises ConfigError."""
    if custom.named(recipe):
        return custom.scale(recipe)
    found: Scale = _module(recipe).SCALE
    return found


def identity(recipe: Recipe) -> str:
    """Digest of code outside tinyedge that the network comes from; empty if there is none."""
    if recipe.imported is not None:
        return importing.find(recipe).digest()
    return custom.identity(recipe) if custom.named(recipe) else ""


def _module(recipe: Recipe) -> ModuleType:
    name = recipe.network.architecture
    if name not in ARCHITECTURES:
        raise ConfigError(
            f'{recipe.path}: network.architecture = "{name}" is not an architecture'
            f"{near_match(name, ARCHITECTURES)}",
            f"architectures: {', '.join(ARCHITECTURES)}; or module:function, your own",
        )
    return importlib.import_module(f"{__name__}.{name.replace('-', '_')}")


def _parameters(recipe: Recipe, shape: Shape) -> config.Table:
    module = _module(recipe)
    parameters: config.Table = config.convert(
        recipe.network.parameters, module.Parameters, recipe.path, "network.parameters"
    )
    try:
        module.check(parameters, shape)
    except ValueError as error:
        size = " x ".join(map(str, shape))
        raise ConfigError(
            f"{recipe.path}: network.parameters do not fit inputs of {size}: {error}",
            "use larger inputs (data.size), a smaller kernel or pool, or fewer filters",
        ) from error
    return parameters
