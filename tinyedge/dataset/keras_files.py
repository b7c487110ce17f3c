"""Data sets that Keras downloads once: mnist and cifar10, read from where it keeps them."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge import backend
from tinyedge.dataset import npz
from tinyedge.dataset.types import Pictures
from tinyedge.errors import TinyedgeError

CIFAR10 = (
    "airplane", "automobile", "bird", "cat", "deer",
    "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_ROW = 3 * 32 * 32
# all that a batch of CIFAR-10 needs to be unpickled; anything else in the file is refused
_HARMLESS = {
    ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"),
}  # fmt: skip


def mnist() -> Pictures:
    """60,000 + 10,000 handwritten digits of 28 x 28 grey pixels."""
    path = fetched("mnist", "mnist.npz")
    return npz.read(path, tuple(map(str, range(10))))


def cifar10() -> Pictures:
    """50,000 + 10,000 pictures of 32 x 32 colour pixels, ten classes."""
    folder = fetched("cifar10", "cifar-10-batches-py/test_batch").parent
    batches = [_batch(folder / f"data_batch_{number}") for number in range(1, 6)]
    test, test_labels = _batch(folder / "test_batch")
    return Pictures(
        train=np.concatenate([pictures for pictures, _ in batches]),
        train_labels=np.concatenate([labels for _, labels in batches]),
        test=test,
        test_labels=test_labels,
        classes=CIFAR10,
        full_scale=255,
    )


def fetched(module: str, name: str) -> Path:
    """Where Keras keeps a file; ``keras.datasets.<module>`` downloads it if it is not there.

    Raises TinyedgeError if it cannot be downloaded, ToolError without TensorFlow.
    """
    path = folder() / name
    if path.exists():
        return path
    try:
        getattr(backend.load().keras.datasets, module).load_data()
    except Exception as error:
        if isinstance(error, TinyedgeError):
            raise
        raise TinyedgeError(
            f"the data set {module} could not be downloaded: {str(error).splitlines()[0]}",
            f"go online for the first use, or copy it to {path}",
        ) from error
    return path


def folder() -> Path:
    """Keras' own: ~/.keras/datasets, or below KERAS_HOME."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


class _Careful(pickle.Unpickler):
    """Unpickles arrays, lists and texts, and nothing that could run code."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module_name}.{global_name}")
        return super().find_class(module_name, global_name)


def _batch(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    hint = f"remove {path.parent}, so that it is downloaded again"
    try:
        content = _Careful(io.BytesIO(path.read_bytes()), encoding="bytes").load()
        rows, labels = content[b"data"], np.array(content[b"labels"])
    except OSError as error:
        raise TinyedgeError(f"{path}: {error.strerror}", hint) from error
    except Exception as error:
        raise TinyedgeError(f"{path}: no batch of CIFAR-10: {error}", hint) from error
    whole = isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.shape[1] == _ROW
    if not whole or rows.dtype != np.uint8 or labels.shape != (len(rows),):
        raise TinyedgeError(f"{path}: no batch of CIFAR-10: wrong shapes", hint)
    if labels.dtype.kind != "i" or labels.min() < 0 or labels.max() >= len(CIFAR10):
        raise TinyedgeError(f"{path}: labels beyond 0 ... {len(CIFAR10) - 1}", hint)
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), labels.astype(np.int64)
