"""The sources that a recipe can name, what each of them reads, and the keys it has a use for."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Data

FOLDER = "TINYEDGE_DATA"  # in the environment: where data.path is looked for, too
_PICTURES = {"size", "channels", "fit"}
_FOLDERS = {"path", "classes", "others", "minimum"}


@dataclass(frozen=True)
class Source:
    """``module`` and what of it to call; ``keys`` are the optional keys of ``[data]`` it takes.

    ``shape`` of one sample (height, width, channels), where it is known without the data.
    """

    kind: str  # "built-in": function() -> Pictures; "folder": Reader(data, path); "npz"
    module: str
    function: str
    keys: frozenset[str]
    shape: tuple[int, int, int] | None = None
    full_scale: int = 255  # greatest raw value


def _built_in(module: str, shape: tuple[int, int, int], function: str = "read") -> Source:
    return Source("built-in", f"tinyedge.dataset.{module}", function, frozenset(_PICTURES), shape)


def _folder(module: str, keys: set[str]) -> Source:
    return Source("folder", f"tinyedge.dataset.{module}", "Reader", frozenset(_FOLDERS | keys))


SOURCES = {
    "digits": replace(_built_in("digits", (8, 8, 1)), full_scale=16),
    "fashion-mnist": _built_in("fashion_mnist", (28, 28, 1)),
    "mnist": _built_in("keras_files", (28, 28, 1), "mnist"),
    "cifar10": _built_in("keras_files", (32, 32, 3), "cifar10"),
    "pictures": _folder("pictures", _PICTURES),
    "wav": _folder("audio", {"audio"}),
    "npz": Source(
        "npz", "tinyedge.dataset.npz", "read", frozenset(_PICTURES | {"path", "classes"})
    ),
}
BUILT_IN_CLASSES = 10  # of each of them


def check(data: Data, path: Path) -> Source:
    """The recipe's source. Raises ConfigError for a name or a key that it has no use for."""
    if data.source not in SOURCES:
        raise ConfigError(
            f'{path}: data.source = "{data.source}" is not a data set'
            f"{near_match(data.source, SOURCES)}",
            f"data sets: {', '.join(SOURCES)}",
        )
    source = SOURCES[data.source]
    optional = _PICTURES | _FOLDERS | {"audio"}
    for field in msgspec.structs.fields(data):
        if field.name in optional - source.keys and getattr(data, field.name) != field.default:
            raise ConfigError(
                f'{path}: data.{field.name} has no use: the data set is "{data.source}"',
                f"it takes: {', '.join(sorted(source.keys))}",
            )
    if "path" in source.keys and data.path is None:
        raise ConfigError(
            f'{path}: "data.path" is missing: "{data.source}" is read from it',
            "write a path, absolute or relative to the recipe's folder",
        )
    return source


def locate(data: Data, recipe: Path) -> Path:
    """The file or folder that ``data.path`` names, in the recipe's folder or in TINYEDGE_DATA."""
    assert data.path is not None
    beside = recipe.parent / Path(data.path).expanduser()
    places = [beside]
    if FOLDER in os.environ:
        places.append(Path(os.environ[FOLDER]) / data.path)
    for place in places:
        if place.exists():
            return place
    also = f" nor {places[1]}" if len(places) > 1 else ""
    raise ConfigError(
        f"{recipe}: data.path: there is no {beside}{also}",
        f"put the data there, change data.path, or name the folder above it in {FOLDER}",
    )
