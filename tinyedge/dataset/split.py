"""Training, validation and test split, fixed by the recipe's seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset.types import Dataset, Pictures, Split, permutation
from tinyedge.errors import ConfigError, near_match
from tinyedge.recipe import Data

_FEWEST_CLASSES = 2


def divide(pictures: Pictures, data: Data, path: Path) -> Dataset:
    """Hold back ``data.validation`` (and ``data.test`` where the source has no test set).

    Raises ConfigError if ``data.test`` is missing or has no use, or a split would lack a class.
    """
    own_test = len(pictures.test) > 0
    if own_test and data.test is not None:
        raise ConfigError(
            f'{path}: data.test has no use: "{data.source}" has a test set of its own',
            "remove data.test",
        )
    if not own_test and data.test is None:
        raise ConfigError(
            f'{path}: "data.test" is missing: "{data.source}" has no test set of its own',
            "write the fraction to hold back, e.g. test = 0.2",
        )
    cut = parts(len(pictures.train), data, tests=own_test)
    whole = _split(pictures, pictures.train, pictures.train_labels, data)
    dataset = Dataset(
        name=data.source,
        train=whole.take(cut["train"]),
        validation=whole.take(cut["validation"]),
        test=_split(pictures, pictures.test, pictures.test_labels, data)
        if own_test
        else whole.take(cut["test"]),
        classes=pictures.classes,
    )
    require_classes(dataset, path)
    return dataset


def parts(
    count: int, data: Data, *, validates: bool = False, tests: bool = False
) -> dict[str, NDArray[np.int64]]:
    """Indices of the training samples of each split that is held back from them.

    With ``validates`` or ``tests`` the source has that split already, and it is not in the result.
    """
    order = permutation(count, data.seed)
    held_back = 0 if tests else round(count * (data.test or 0.0))
    validating = 0 if validates else round(count * data.validation)
    cut = {"train": order[held_back + validating :]}
    if not validates:
        cut["validation"] = order[held_back : held_back + validating]
    if not tests:
        cut["test"] = order[:held_back]
    return cut


def _split(
    pictures: Pictures, raw: NDArray[np.uint8], labels: NDArray[np.int64], data: Data
) -> Split:
    return Split(raw, labels, pictures.full_scale, data.range)


def withhold(dataset: Dataset, unseen: Sequence[str], path: Path) -> Dataset:
    """The same without the classes ``unseen`` in training and validation.

    Raises ConfigError for a name that is no class, or if fewer than two would be left.
    """
    for name in unseen:
        if name not in dataset.classes:
            raise ConfigError(
                f'{path}: data.unseen: there is no class "{name}"'
                f"{near_match(name, dataset.classes)}",
                f"classes: {', '.join(dataset.classes)}",
            )
    if unseen and len(dataset.classes) - len(set(unseen)) < _FEWEST_CLASSES:
        raise ConfigError(f"{path}: data.unseen leaves no two classes to train on", "name fewer")
    hidden = [dataset.classes.index(name) for name in unseen]

    def kept(split: Split) -> Split:
        return split.take(np.flatnonzero(~np.isin(split.labels, hidden)))

    if not hidden:
        return dataset
    return replace(dataset, train=kept(dataset.train), validation=kept(dataset.validation))


def require_classes(dataset: Dataset, path: Path) -> None:
    """Raise ConfigError naming a split that lacks a class."""
    for name in ("train", "validation", "test"):
        present = set(getattr(dataset, name).labels.tolist())
        for label, title in enumerate(dataset.classes):
            if label not in present:
                raise ConfigError(
                    f'{path}: the {name} split has no sample of class "{title}"',
                    "change the fractions data.validation and data.test, or data.seed",
                )
