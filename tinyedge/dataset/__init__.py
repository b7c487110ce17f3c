"""Data sets: a recipe's ``[data]`` -> frozen :class:`Dataset` with its three splits.

Some come with a package or are downloaded once; the others are files of the user's. See
:data:`SOURCES`.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import npz, resize, store
from tinyedge.dataset.listing import scan, titles
from tinyedge.dataset.source import BUILT_IN_CLASSES, SOURCES, check, locate
from tinyedge.dataset.split import divide, withhold
from tinyedge.dataset.store import Advance, Reader
from tinyedge.dataset.types import Dataset, Pictures, Skipped, Split, permutation
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
    "whole",
]

_AT_ONCE = 500  # pictures resized at once


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
            scan(_folder(data, path), _reader(data, path).suffixes, data, path),
            _reader(data, path),
            data,
            path,
            folder=cache,
            advance=advance or (lambda _done, _total: None),
        )
    if source.kind == "npz":
        pictures = npz.read(locate(data, path), data.classes)
    else:
        pictures = getattr(importlib.import_module(source.module), source.function)()
    return divide(_resized(pictures, data), data, path)


def whole(data: Data, path: Path, like: Dataset) -> Split:
    """All samples that ``data`` names, in an order drawn by its seed, as ``like`` has them.

    Raises as ``load`` does.
    """
    source = check(data, path)
    named = msgspec.structs.replace(data, classes=like.classes, others=None)
    if source.kind == "npz":
        found = _resized(npz.read(locate(named, path), named.classes), named)
        parts = [(found.train, found.train_labels), (found.test, found.test_labels)]
    else:
        loaded = _load(named, path, None, None)
        splits = (loaded.train, loaded.validation, loaded.test)
        parts = [(np.asarray(split.raw), split.labels) for split in splits]
    raw = np.concatenate([part for part, _ in parts])
    labels = np.concatenate([part for _, part in parts])
    everything = Split(raw, labels, like.train.full_scale, data.range)
    return everything.take(permutation(len(everything), data.seed))


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
        return _reader(data, path).shape, classes
    assert source.shape is not None
    height, width, channels = source.shape
    return (*(data.size or (height, width)), data.channels or channels), BUILT_IN_CLASSES


def _reader(data: Data, path: Path) -> Reader:
    source = SOURCES[data.source]
    reader: Reader = getattr(importlib.import_module(source.module), source.function)(data, path)
    return reader


def _folder(data: Data, path: Path) -> Path:
    folder = locate(data, path)
    if not folder.is_dir():
        raise TinyedgeError(f"{path}: data.path: {folder} is no folder", "name a folder")
    return folder


def _resized(pictures: Pictures, data: Data) -> Pictures:
    """The pictures in the recipe's size and channels, if it says any."""
    height, width, channels = pictures.train.shape[1:]
    wanted = data.size or (height, width), data.channels or channels
    if wanted == ((height, width), channels):
        return pictures

    def each(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
        made = np.empty((len(raw), *wanted[0], wanted[1]), np.uint8)
        for start in range(0, len(raw), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            made[some] = resize.picture(raw[some], wanted[0], wanted[1], data.fit)
        return made

    return Pictures(
        each(pictures.train),
        pictures.train_labels,
        each(pictures.test),
        pictures.test_labels,
        pictures.classes,
        pictures.full_scale,
    )
