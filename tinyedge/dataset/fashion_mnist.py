"""Fashion-MNIST: 60,000 + 10,000 pictures of clothing.

From Debian's dataset-fashion-mnist or, where that is not installed, from Keras' download.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import idx, keras_files
from tinyedge.dataset.types import Pictures
from tinyedge.errors import TinyedgeError

FOLDER = Path("/usr/share/datasets/fashion-mnist")
CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
_LABELS = "labels-idx1-ubyte.gz"
_LAST = f"t10k-{_LABELS}"
_HINT = 'run "apt-get install --reinstall dataset-fashion-mnist"; remove a download of Keras\' own'


def read(folder: Path = FOLDER) -> Pictures:
    """Read the four files. Raises TinyedgeError if one is missing or damaged."""
    if not folder.is_dir():
        folder = _downloaded(folder)
    train, train_labels = _pair(folder, "train")
    test, test_labels = _pair(folder, "t10k")
    return Pictures(train, train_labels, test, test_labels, CLASSES, full_scale=255)


def _downloaded(folder: Path) -> Path:
    try:
        return keras_files.fetched("fashion_mnist", f"fashion-mnist/{_LAST}").parent
    except TinyedgeError as error:
        raise TinyedgeError(
            f"the data set fashion-mnist is not in {folder}: {error.message}",
            'run "apt-get install dataset-fashion-mnist"',
        ) from error


def _pair(folder: Path, prefix: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pictures = idx.read(folder / f"{prefix}-images-idx3-ubyte.gz", 3, _HINT)
    path = folder / f"{prefix}-{_LABELS}"
    labels = idx.read(path, 1, _HINT).astype(np.int64)
    if len(labels) != len(pictures):
        raise TinyedgeError(f"{path}: {len(labels)} labels for {len(pictures)} pictures", _HINT)
    if len(labels) and labels.max() >= len(CLASSES):
        raise TinyedgeError(f"{path}: label {labels.max()}; {len(CLASSES)} classes", _HINT)
    return pictures[..., np.newaxis], labels
