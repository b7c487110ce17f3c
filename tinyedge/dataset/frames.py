"""A data set as a sensor would deliver it: pictures of their own size, sound as int16 samples."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import npz, pcm, picture_file
from tinyedge.dataset.audio import Reader
from tinyedge.dataset.listing import SPLITS, File, scan
from tinyedge.dataset.source import check, locate
from tinyedge.dataset.split import divide
from tinyedge.errors import ConfigError
from tinyedge.recipe import Data


@dataclass(frozen=True, eq=False)
class Frame:
    """One raw frame, its class, and its name: its file's.

    ``image`` is a picture (height, width, 1 or 3 channels; red first), or the bytes of the sound
    that one picture is made of, (samples, 1, 2). Of a file's several frames all but the first have
    a number after their name.
    """

    image: NDArray[np.uint8]
    label: int
    name: str


@dataclass(frozen=True)
class _Kind:
    """Files of one kind, and the frames of one. ``decode`` raises ValueError for a damaged one."""

    name: str
    suffixes: tuple[str, ...]
    decode: Callable[[bytes], list[NDArray[np.uint8]]]


def of_test_split(data: Data, path: Path) -> Iterator[Frame]:
    """The test split's frames, in the split's order; files that cannot be read are left out.

    ``path`` is the recipe, for messages. A picture without colours is grey: one channel.
    """
    source = check(data, path)
    if source.kind == "folder":
        kind = _kind(data, path)
        listing = scan(locate(data, path), kind.suffixes, data, path)
        yield from _read(listing.splits[SPLITS.index("test")], listing.root, kind)
        return
    if source.kind == "npz":
        pictures = npz.read(locate(data, path), data.classes)
    else:
        pictures = getattr(importlib.import_module(source.module), source.function)()
    split = divide(pictures, data, path).test
    for number, (image, label) in enumerate(zip(split.raw, split.labels, strict=True)):
        yield Frame(image, int(label), f"{data.source}-test-{number:05}")


def of_folder(root: Path, data: Data, path: Path) -> Iterator[Frame]:
    """The frames of all files below ``root``, sorted by name; the class is not known (label 0).

    They are pictures or sounds as the recipe's are. Raises ConfigError if there is none.
    """
    kind = _kind(data, path)
    found = sorted(
        path for path in root.rglob("*") if path.is_file() and path.suffix.lower() in kind.suffixes
    )
    if not found:
        raise ConfigError(
            f"{root}: there is no {kind.name} in it",
            f"give a folder with {', '.join(kind.suffixes)}",
        )
    yield from _read(tuple(File(path, 0) for path in found), root, kind)


def _kind(data: Data, path: Path) -> _Kind:
    if data.source != "wav":
        return _Kind("picture", picture_file.SUFFIXES, _picture)
    reader = Reader(data, path)
    return _Kind("sound", reader.suffixes, lambda file: [*map(pcm.frame, reader.frames(file))])


def _picture(file: bytes) -> list[NDArray[np.uint8]]:
    return [without_colours(picture_file.decode(file))]


def _read(files: tuple[File, ...], root: Path, kind: _Kind) -> Iterator[Frame]:
    for file in files:
        try:
            frames = kind.decode(file.path.read_bytes())
        except (OSError, ValueError):
            continue
        name = file.path.relative_to(root).as_posix()
        for number, image in enumerate(frames):
            yield Frame(image, file.label, f"{name}#{number}" if number else name)


def without_colours(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One channel if all three are equal: the network's input becomes the same."""
    if (image[..., :1] == image).all():
        return np.ascontiguousarray(image[..., :1])
    return image
