"""What a source delivers and what the later stages see."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

UNLABELLED = "unlabelled"  # the only class of samples without labels
_HASHED = 1 << 24  # bytes of samples hashed at once: they may be a file larger than memory


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


@dataclass(frozen=True)
class Skipped:
    """A file that is no sample: its path below the data set's folder, and why."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False)
class Split:
    """Part of a data set: ``raw`` uint8 (n, height, width, channels), ``labels`` int64 (n,).

    ``range`` is what raw 0 and raw ``full_scale`` become at the network's input. ``raw`` may be a
    file mapped into memory that is larger than it: read it piece by piece.
    """

    raw: NDArray[np.uint8]
    labels: NDArray[np.int64]
    full_scale: int
    range: tuple[float, float] = (0.0, 1.0)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def inputs(self) -> NDArray[np.float32]:
        """What the float network sees: float32 of the shape of ``raw``, all at once."""
        return self.scale(self.raw)

    @cached_property
    def reals(self) -> NDArray[np.float32]:
        """The network's input for each raw value 0 ... ``full_scale``."""
        return real_values(self.full_scale, self.range)

    def scale(self, raw: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Raw values -> the network's input, any shape."""
        return self.reals[raw]

    def take(self, indices: NDArray[np.int64]) -> Split:
        """Return the samples at ``indices``, in that order."""
        return Split(self.raw[indices], self.labels[indices], self.full_scale, self.range)

    def first(self, count: int) -> Split:
        """The first ``count`` samples."""
        return Split(self.raw[:count], self.labels[:count], self.full_scale, self.range)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three disjoint splits and the names of the classes, in the order of the labels.

    ``skipped`` are the files of its folder that are no samples.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def labelled(self) -> bool:
        """Whether its source has labels; else all samples have 0."""
        return self.classes != (UNLABELLED,)

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
            for piece in pieces(split.raw):
                digest.update(piece)
            digest.update(split.labels.tobytes())
        return digest.hexdigest()


def real_values(full_scale: int, span: tuple[float, float]) -> NDArray[np.float32]:
    """What raw 0 ... ``full_scale`` become at the network's input."""
    low, high = np.float32(span[0]), np.float32(span[1])
    unit = np.arange(full_scale + 1, dtype=np.float32) / np.float32(full_scale)
    return unit * (high - low) + low


def pieces(raw: NDArray[np.uint8]) -> Iterator[bytes]:
    """The bytes of an array, so many samples at once that a mapped file never fills memory."""
    count = max(1, _HASHED // max(1, raw[:1].size))
    for start in range(0, len(raw), count):
        yield raw[start : start + count].tobytes()


def permutation(count: int, seed: int) -> NDArray[np.int64]:
    """0 ... count-1 in an order fixed by ``seed``."""
    # RandomState, whose stream numpy has frozen; default_rng's may change between releases
    return np.random.RandomState(seed).permutation(count).astype(np.int64)
