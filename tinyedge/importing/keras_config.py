"""A Keras model's JSON: whether loading it would run code that the file brings or names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinyedge.errors import ModelError

_PACKAGES = ("keras", "tf_keras")
_DEPTH = 200  # of nested objects; Keras' own have a few dozen
_GRAPH = (
    'write it with built-in layers, or save the graph alone: tf.saved_model.save(model, "folder")'
)


def refuse_code(config: Any, path: Path) -> None:
    """Raise ModelError, naming the layer, for Python code in it or names of other packages."""
    for node in _nodes(config, path):
        kind, module = node.get("class_name"), node.get("module")
        if kind in ("Lambda", "__lambda__"):
            raise ModelError(
                f'{path}: layer "{_name(node)}" is a Lambda: Python code, which is not run', _GRAPH
            )
        if not _known(kind, module):
            raise ModelError(
                f'{path}: "{kind}" comes from the package {module}, which is not loaded', _GRAPH
            )


def _known(kind: object, module: object) -> bool:
    if module is None:  # Keras 2's files name no packages: Keras knows the class, or refuses
        return True
    if module == "builtins":
        return kind == "function"  # looked up among Keras' own
    return isinstance(module, str) and module.split(".", maxsplit=1)[0] in _PACKAGES


def _name(node: dict[str, Any]) -> object:
    config = node.get("config")
    return config.get("name", "?") if isinstance(config, dict) else "?"


def _nodes(config: Any, path: Path) -> Iterator[dict[str, Any]]:
    """Every JSON object with a class, outer ones first."""
    left = [(config, 0)]
    while left:
        value, depth = left.pop()
        if depth > _DEPTH:
            raise ModelError(f"{path}: its configuration is nested {_DEPTH} deep", _GRAPH)
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            left += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            left += [(inner, depth + 1) for inner in value]
