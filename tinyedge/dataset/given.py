"""Samples given beside a recipe, an .npz file or a folder, as its own data set has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import audio, npz, pictures, resize, store
from tinyedge.dataset.collected import MANIFEST, folder_of
from tinyedge.dataset.features import Features
from tinyedge.dataset.listing import File, unlabelled, walk
from tinyedge.dataset.source import locate
from tinyedge.dataset.types import UNLABELLED, Dataset, Split, permutation
from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Audio, Data


@dataclass(frozen=True, eq=False)
class Given:
    """``labelled``: whether the labels are known; else they say nothing."""

    split: Split
    labelled: bool


def read(
    place: Path, data: Data, recipe: Path, like: Dataset, count: int, *, labels_wanted: bool = True
) -> Given:
    """At most ``count`` samples, drawn by the recipe's seed, in the shape and classes of ``like``.

    A file is an .npz of x and y. A folder has one subfolder a class, as a data set or what was
    collected has: sounds for a recipe of sounds, else pictures, which are brought to the shape.
    Not every class need be there; all that the recipe knows may, also those that training did not
    see. Without ``labels_wanted`` its files may be anywhere in it, in subfolders of any name.
    Real numbers in an .npz are scaled as those of the recipe's own .npz, and go with no other
    recipe. Raises ConfigError for other classes, shapes or raw values, and if there are no samples.
    """
    if place.is_file():
        raw, labels, labelled = _from_npz(place, data, recipe, like, count)
    else:
        files, labelled = _files(place, data, like, labels_wanted), labels_wanted
        reader = _reader(place, files, data, recipe, like)
        raw, labels = _from_files(place, files, reader, data.seed, count)
    if raw.shape[1:] != like.shape:
        raise ConfigError(
            f"{place}: its samples have shape {raw.shape[1:]}, the recipe's {like.shape}",
            "give samples of that shape: height, width, channels",
        )
    most = like.train.full_scale
    if int(raw.max()) > most:
        raise ConfigError(
            f"{place}: its values run up to {raw.max()}, the recipe's data has 0 to {most}",
            f"scale them to 0 to {most} first",
        )
    return Given(Split(raw, labels, most, data.range), labelled)


def _from_npz(
    path: Path, data: Data, recipe: Path, like: Dataset, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64], bool]:
    scale = _scale(path, data, recipe, like.train.full_scale)
    found = npz.read(path, like.classes if like.labelled else (), scale)
    made = resize.whole(found, data.size, data.channels, data.fit)
    raw = np.concatenate([made.train, made.test])
    labels = np.concatenate([made.train_labels, made.test_labels])
    order = permutation(len(raw), data.seed)[:count]
    return raw[order], labels[order], made.classes != (UNLABELLED,)


def _scale(path: Path, data: Data, recipe: Path, most: int) -> npz.Array | None:
    """By what real numbers in ``path`` become raw: the recipe's own, not those that are judged."""
    if not any(x.dtype.kind == "f" for x in npz.samples(path)):
        return None
    own = npz.samples(locate(data, recipe))[0] if data.source == "npz" else None
    if own is None or own.dtype.kind != "f":
        raise ConfigError(
            f"{path}: it holds real numbers, the recipe's data whole ones, 0 to {most}",
            f"write x as whole numbers, 0 to {most}",
        )
    return own


def _files(root: Path, data: Data, like: Dataset, labels_wanted: bool) -> list[File]:
    suffixes = (*audio.Reader.suffixes, *pictures.Reader.suffixes)
    if not labels_wanted:
        return unlabelled(root, suffixes)
    return walk(root, suffixes, lambda folder: _label(folder, data, like))


def _from_files(
    root: Path, files: Sequence[File], reader: store.Reader, seed: int, count: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    suited = [file for file in files if file.path.suffix.lower() in reader.suffixes]
    if not suited:
        raise ConfigError(
            f"{root}: there is no sample in it",
            f"put files ({', '.join(reader.suffixes)}) into a subfolder of their class's name",
        )
    drawn = [suited[index] for index in permutation(len(suited), seed)]
    raw, labels, skipped = store.gather(drawn, reader, count)
    if not len(raw):
        raise ConfigError(
            f"{root}: no file in it can be read, {skipped[0].path}: {skipped[0].reason}",
            "give whole files",
        )
    return raw[:count], labels[:count]


def _label(folder: Path, data: Data, like: Dataset) -> int:
    """The class that a subfolder is of: by its name, or as collecting writes it."""
    known = {folder_of(title): label for label, title in enumerate(like.classes)}
    known |= {title: label for label, title in enumerate(like.classes)}
    name = folder.name if folder.name in known or data.others is None else data.others
    if name not in known:
        raise ConfigError(
            f'{folder.parent}: the subfolder "{name}" is no class of the recipe'
            f"{near_match(name, known)}",
            f"classes: {', '.join(like.classes)}",
        )
    return known[name]


def _reader(
    root: Path, files: Sequence[File], data: Data, recipe: Path, like: Dataset
) -> store.Reader:
    """Of sounds for a recipe of sounds, unless the folder has pictures of them alone."""
    sounds = any(file.path.suffix.lower() in audio.Reader.suffixes for file in files)
    if data.source == "wav" and (sounds or not files):
        wanted = data.audio or Audio()
        if (root / MANIFEST).exists():  # each file was collected as the sound of one picture
            seconds = Features(wanted, recipe).span / wanted.rate
            wanted = msgspec.structs.replace(wanted, seconds=seconds)
        return store.reader(msgspec.structs.replace(data, audio=wanted), recipe)
    height, width, channels = like.shape
    if channels not in (1, 3):
        raise ConfigError(
            f"{root}: pictures have 1 channel or 3, the recipe's samples {channels}",
            "give the samples as an .npz of x and y",
        )
    shaped = msgspec.structs.replace(
        data, source="pictures", size=(height, width), channels=channels
    )
    return store.reader(shaped, recipe)
