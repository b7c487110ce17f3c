"""The pictures of a data set as a sensor would deliver them: of their own size, not resized."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import npz, picture_file
from tinyedge.dataset.listing import SPLITS, File, scan
from tinyedge.dataset.source import check, locate
from tinyedge.dataset.split import divide
from tinyedge.errors import ConfigError
from tinyedge.recipe import Data


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture (height, width, 1 or 3 channels; red first) and its class. ``name``: its file."""

    image: NDArray[np.uint8]
    label: int
    name: str


def of_test_split(data: Data, path: Path) -> Iterator[Frame]:
    """The test split's pictures, in the split's order; files that are no pictures are left out.

    ``path`` is the recipe, for messages. A picture without colours is grey: one channel. Raises
    ConfigError for a data set of no pictures.
    """
    source = check(data, path)
    if "size" not in source.keys:
        raise ConfigError(
            f'{path}: the data set "{data.source}" has no pictures',
            "log-mel and MFCC are computed on the host: leave out --raw",
        )
    if source.kind == "folder":
        listing = scan(locate(data, path), picture_file.SUFFIXES, data, path)
        yield from read(listing.splits[SPLITS.index("test")], listing.root)
        return
    if source.kind == "npz":
        pictures = npz.read(locate(data, path), data.classes)
    else:
        pictures = getattr(importlib.import_module(source.module), source.function)()
    split = divide(pictures, data, path).test
    for number, (image, label) in enumerate(zip(split.raw, split.labels, strict=True)):
        yield Frame(image, int(label), f"{data.source}-test-{number:05}")


def of_folder(root: Path) -> Iterator[Frame]:
    """All pictures below ``root``, sorted by name; the class is not known here (label 0).

    Raises ConfigError if there is none.
    """
    found = sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and path.suffix.lower() in picture_file.SUFFIXES
    )
    if not found:
        raise ConfigError(
            f"{root}: there is no picture in it",
            f"give a folder with {', '.join(picture_file.SUFFIXES)}",
        )
    yield from read(tuple(File(path, 0) for path in found), root)


def read(files: tuple[File, ...], root: Path) -> Iterator[Frame]:
    """The pictures of these files; those that are damaged are left out."""
    for file in files:
        try:
            image = picture_file.decode(file.path.read_bytes())
        except (OSError, ValueError):
            continue
        name = file.path.relative_to(root).as_posix()
        yield Frame(without_colours(image), file.label, name)


def without_colours(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One channel if all three are equal: the network's input becomes the same."""
    if (image[..., :1] == image).all():
        return np.ascontiguousarray(image[..., :1])
    return image
