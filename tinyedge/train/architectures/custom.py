"""A user's own network: ``module:function``, from the recipe's folder or Python's path."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from tinyedge.errors import ConfigError
from tinyedge.recipe import Recipe
from tinyedge.train.architectures.layers import Shape
from tinyedge.train.architectures.scale import MULTIPLIER, Axis, Scale
from tinyedge.workspace import sha256

_DEPTH = Axis("depth", default=1, least=1, most=8, step=1)


def named(recipe: Recipe) -> bool:
    """Whether the recipe names a function of the user's."""
    return ":" in recipe.network.architecture


def function(recipe: Recipe) -> Callable[..., Any]:
    """Import it. Raises ConfigError if it is not there or cannot be imported."""
    name, _, attribute = recipe.network.architecture.partition(":")
    where = f'{recipe.path}: network.architecture = "{recipe.network.architecture}"'
    try:
        module = _module(name, recipe.path.parent)
    except Exception as error:
        raise ConfigError(
            f"{where} cannot be imported: {type(error).__name__}: {error}",
            f"put {name}.py beside the recipe, or install the package that has it",
        ) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        raise ConfigError(
            f"{where}: {name} has no function {attribute}",
            "write build(shape, classes, **parameters), which returns a tf_keras model",
        )
    return found  # type: ignore[no-any-return]


def scale(recipe: Recipe) -> Scale:
    """What the function's own parameters ``width`` and ``depth`` make of it, if it has them."""
    known = inspect.signature(function(recipe)).parameters
    width, depth = (
        replace(axis, default=_default(known[axis.key])) if axis.key in known else None
        for axis in (MULTIPLIER, _DEPTH)
    )
    return Scale(width, depth)


def _default(parameter: inspect.Parameter) -> float:
    return 1 if parameter.default is parameter.empty else parameter.default


def identity(recipe: Recipe) -> str:
    """Digest of the file with the function; what it imports is not looked into."""
    file = inspect.getsourcefile(function(recipe))
    return sha256(Path(file).read_bytes()) if file else ""


def build(recipe: Recipe, keras: Any, shape: Shape, classes: int) -> Any:
    """Call it. Raises ConfigError if it fails or returns no model of that shape."""
    where = f"{recipe.path}: {recipe.network.architecture}"
    try:
        model = function(recipe)(shape, classes, **recipe.network.parameters)
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{where} fails: {type(error).__name__}: {error}", "run it alone to see where"
        ) from error
    if not isinstance(model, keras.Model):
        raise ConfigError(
            f"{where} returns {type(model).__module__}.{type(model).__name__}, no tf_keras model",
            "import tf_keras, not keras",
        )
    ends = (model.input_shape, model.output_shape)
    if ends != ((None, *shape), (None, classes)):
        raise ConfigError(
            f"{where} returns a model of {ends[0]} -> {ends[1]}",
            f"it must take (None, {', '.join(map(str, shape))}) and give (None, {classes})",
        )
    return model


def _module(name: str, folder: Path) -> ModuleType:
    beside = folder / f"{name}.py"
    if not beside.is_file():
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(f"tinyedge_user_{name}", beside)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
