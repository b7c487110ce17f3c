"""Data sets: a recipe's ``[data]`` -> frozen :class:`Dataset` with its three splits.

Some come with a package or are downloaded once; the others are files of the user's. See
:data:`SOURCES`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from tinyedge.dataset import npz, resize, store
from tinyedge.dataset.listing import scan, titles
from tinyedge.dataset.source import BUILT_IN_CLASSES, SOURCES, check, locate
from tinyedge.dataset.split import divide, withhold
from tinyedge.dataset.store import Advance
from tinyedge.dataset.types import Dataset, Pictures, Skipped, Split
from tinyedge.errors import TinyedgeError
from tinyedge.recipe import Data

__all__ = [
    "SOURCES",
    "Advance",
    "Dataset",
    "Pictures",
    "Skipped",
    "Split",
    "load",
    "outline",
]


def load(
    data: Data, path: Path, cache: Path | None = None, advance: Advance | None = None
) -> Dataset:
    """Read the data set that a recipe names and split it; ``path`` is the recipe, for messages.

    What is read from a folder of files is kept in the folder ``cache`` and mapped into memory
    (None: not kept); ``advance`` hears (done, total) files. The same settings give the same splits
    on every machine. Raises ConfigError if there is no such source or the split cannot be made,
    TinyedgeError if the files are missing or damaged.
    """
    return withhold(_load(data, path, cache, advance), data.unseen, path)


def _load(data: Data, path: Path, cache: Path | None, advance: Advance | None) -> Dataset:
    source = check(data, path)
    if source.kind == "folder":
        return store.load(
            scan(_folder(data, path), store.reader(data, path).suffixes, data, path),
            store.reader(data, path),
            data,
            path,
            folder=cache,
            advance=advance or (lambda _done, _total: None),
        )
    if source.kind == "npz":
        pictures = npz.read(locate(data, path), data.classes)
    else:
        pictures = getattr(importlib.import_module(source.module), source.function)()
    made = resize.whole(pictures, data.size, data.channels, data.fit)
    return divide(made, data, path)


def outline(data: Data, path: Path) -> tuple[tuple[int, int, int], int]:
    """Shape of one sample and number of classes, from as little of the data as they need.

    Pictures and WAV files are not needed where ``data.classes`` names the classes.
    """
    source = check(data, path)
    if source.kind == "npz":
        dataset = load(data, path)
        return dataset.shape, len(dataset.classes)
    if source.kind == "folder":
        known = len(data.classes) + (data.others is not None)
        classes = known if data.classes else len(titles(_folder(data, path), data, path))
        return store.reader(data, path).shape, classes
    assert source.shape is not None
    height, width, channels = source.shape
    return (*(data.size or (height, width)), data.channels or channels), BUILT_IN_CLASSES


def _folder(data: Data, path: Path) -> Path:
    folder = locate(data, path)
    if not folder.is_dir():
        raise TinyedgeError(f"{path}: data.path: {folder} is no folder", "name a folder")
    return folder
