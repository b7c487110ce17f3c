"""What a source delivers and what the later stages see."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pictures:
    """A whole data set as its source has it.

    ``train`` and ``test`` are uint8 of shape (pictures, height, width, channels), labels int64
    of shape (pictures,). ``full_scale`` is the greatest value a pixel can have. A source
    without a test set of its own has none in ``test``.
    """

    train: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    full_scale: int


@dataclass(frozen=True, eq=False)
class Split:
    """Part of a data set: ``raw`` uint8 (n, height, width, channels), ``labels`` int64 (n,).

    ``range`` is what raw 0 and raw ``full_scale`` become at the network's input.
    """

    raw: NDArray[np.uint8]
    labels: NDArray[np.int64]
    full_scale: int
    range: tuple[float, float] = (0.0, 1.0)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def inputs(self) -> NDArray[np.float32]:
        """What the float network sees: float32 of the shape of ``raw``."""
        return self.scale(self.raw)

    def scale(self, raw: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Raw values -> the network's input, any shape."""
        low, high = np.float32(self.range[0]), np.float32(self.range[1])
        unit = raw.astype(np.float32) / np.float32(self.full_scale)
        return unit * (high - low) + low

    def take(self, indices: NDArray[np.int64]) -> Split:
        """Return the samples at ``indices``, in that order."""
        return Split(self.raw[indices], self.labels[indices], self.full_scale, self.range)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three disjoint splits and the names of the classes, in the order of the labels."""

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels of one input."""
        height, width, channels = self.train.raw.shape[1:]
        return height, width, channels

    def representative(self, count: int, seed: int) -> Split:
        """``count`` samples of the training split, drawn by ``seed`` (all of it if it has less)."""
        order = permutation(len(self.train), seed)
        return self.train.take(order[:count])

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of everything that training and evaluation read from this data set."""
        digest = hashlib.sha256(repr((self.classes, self.train.range)).encode())
        for split in (self.train, self.validation, self.test):
            digest.update(repr((split.raw.shape, split.full_scale)).encode())
            digest.update(split.raw.tobytes() + split.labels.tobytes())
        return digest.hexdigest()


def permutation(count: int, seed: int) -> NDArray[np.int64]:
    """0 ... count-1 in an order fixed by ``seed``."""
    # RandomState, whose stream numpy has frozen; default_rng's may change between releases
    return np.random.RandomState(seed).permutation(count).astype(np.int64)
