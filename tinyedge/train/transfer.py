"""Weights of a saved model for the layers that a recipe's network shares with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinyedge.backend import quiet
from tinyedge.errors import ConfigError
from tinyedge.recipe import Recipe
from tinyedge.workspace import sha256


def source(recipe: Recipe) -> Path:
    """The saved model: a .keras file, an .h5 file or a SavedModel's folder.

    Raises ConfigError if it is not there.
    """
    assert recipe.transfer is not None
    path = recipe.path.parent / Path(recipe.transfer.path).expanduser()
    if not path.exists():
        raise ConfigError(
            f"{recipe.path}: transfer.path: there is no {path}",
            'name a model that Keras has saved, e.g. the model.keras that "tinyedge train" leaves',
        )
    return path


def identity(recipe: Recipe) -> str:
    """Digest of the saved model; empty for a recipe without one."""
    if recipe.transfer is None:
        return ""
    path = source(recipe)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return sha256("".join(sha256(file.read_bytes()) for file in files).encode())


def adopt(recipe: Recipe, keras: Any, model: Any) -> list[Any]:
    """Copy the weights; return the layers that have got some.

    A layer takes those of the layer of the same name, if all their shapes are the same. Raises
    ConfigError if the file cannot be read, or no layer is the same.
    """
    path = source(recipe)
    try:
        with quiet():
            saved = keras.models.load_model(path, compile=False)
    except Exception as error:
        raise ConfigError(
            f"{path}: no model that tf_keras can read: {str(error).splitlines()[0]}",
            "save it with tf_keras (Keras 2), model.save(path)",
        ) from error
    given = {layer.name: layer.get_weights() for layer in saved.layers}
    taken = []
    for layer in model.layers:
        weights = given.get(layer.name, [])
        wanted = [tuple(weight.shape) for weight in layer.weights]
        if wanted and wanted == [weight.shape for weight in weights]:
            layer.set_weights(weights)
            taken.append(layer)
    if not taken:
        raise ConfigError(
            f"{path}: none of its layers is one of the recipe's network",
            f"its layers: {', '.join(given)}; the network's: "
            f"{', '.join(layer.name for layer in model.layers if layer.weights)}",
        )
    return taken
