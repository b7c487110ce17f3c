"""A data set in one .npz file: x and y, or x_train, y_train, x_test and y_test. Never unpickled.

Without y the samples have no labels, which is enough for a network that is imitated.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge import npz_file
from tinyedge.dataset.types import UNLABELLED, Pictures
from tinyedge.errors import TinyedgeError

Array = NDArray[Any]
_KEYS = ("x", "y", "x_train", "y_train", "x_test", "y_test")
_LARGEST = 16 << 30  # bytes of one array
_HINT = "write it with numpy.savez(path, x=..., y=...)"


def read(path: Path, classes: tuple[str, ...] = (), like: Array | None = None) -> Pictures:
    """Read it. Raises TinyedgeError naming file, array and what is wrong.

    ``x`` is (samples, height, width) or (samples, height, width, channels); (samples, values) is
    taken as pictures of one row. Whole numbers must lie within 0 ... 255; real ones are scaled,
    so that the least of the training samples (or of ``like``) is raw 0 and the greatest 255.
    ``y`` holds 0, 1, ...
    """
    arrays = _arrays(path)
    if not any(key.startswith("y") for key in arrays):
        arrays |= {f"y{key[1:]}": np.zeros(x.shape[:1], np.int64) for key, x in arrays.items()}
        classes = (UNLABELLED,)
    own_test = "x_train" in arrays
    x, y = ("x_train", "y_train") if own_test else ("x", "y")
    for key in (x, y, "x_test", "y_test") if own_test else (x, y):
        if key not in arrays:
            found = ", ".join(sorted(arrays)) or "none of its arrays"
            raise TinyedgeError(f'{path}: there is no array "{key}" (found: {found})', _HINT)
    training = arrays[x] if like is None else like
    raw = _raw(arrays[x], training, f"{path}: {x}")
    labels = _labels(arrays[y], len(raw), f"{path}: {y}")
    test, test_labels = raw[:0], labels[:0]
    if own_test:
        test = _raw(arrays["x_test"], training, f"{path}: x_test")
        test_labels = _labels(arrays["y_test"], len(test), f"{path}: y_test")
        if test.shape[1:] != raw.shape[1:]:
            raise TinyedgeError(
                f"{path}: x_test has samples of {test.shape[1:]}, x_train of {raw.shape[1:]}",
                "write both with samples of one shape",
            )
    count = int(max(labels.max(initial=0), test_labels.max(initial=0))) + 1
    if classes and count > len(classes):
        raise TinyedgeError(
            f"{path}: {y} has label {count - 1}, the recipe names {len(classes)} classes",
            "name them all in data.classes",
        )
    names = classes or tuple(map(str, range(count)))
    return Pictures(raw, labels, test, test_labels, names, full_scale=255)


def samples(path: Path) -> list[Array]:
    """Its samples as they are written, the training samples first. Raises as ``read`` does."""
    arrays = _arrays(path)
    return [arrays[key] for key in _KEYS if key.startswith("x") and key in arrays]


def scaling(path: Path, seen: tuple[float, float]) -> str:
    """What is to be known where a network sees other numbers than the file has; else empty.

    ``seen``: what the least and the greatest raw value become at the network's input.
    """
    training = samples(path)[0]
    if training.dtype.kind != "f":
        return ""
    low, high = float(training.min()), float(training.max())
    step = (high - low) / 255
    if abs(seen[0] - low) < step and abs(seen[1] - high) < step:
        return ""
    return (
        f"{path} has real numbers from {low:g} to {high:g}, which the network sees as {seen[0]:g} "
        f"to {seen[1]:g}: write range = [{low:.7g}, {high:.7g}] in [data] if it was trained on "
        "them as they are"
    )


def _arrays(path: Path) -> dict[str, Array]:
    try:
        return npz_file.read(path, _KEYS.__contains__, _LARGEST)
    except OSError as error:
        raise TinyedgeError(f"{path}: {error.strerror or error}", _HINT) from error
    except ValueError as error:
        raise TinyedgeError(f"{path}: not an .npz file of plain arrays: {error}", _HINT) from error


def _raw(x: Array, training: Array, where: str) -> NDArray[np.uint8]:
    if x.ndim not in (2, 3, 4) or 0 in x.shape:
        raise TinyedgeError(
            f"{where} has shape {x.shape}", "write (samples, height, width, channels)"
        )
    if x.dtype.kind in "bui":
        if x.min() < 0 or x.max() > 255:
            raise TinyedgeError(
                f"{where} runs from {x.min()} to {x.max()}, not within 0 and 255",
                "write uint8, or real numbers, which are scaled",
            )
        raw = x.astype(np.uint8)
    elif x.dtype.kind == "f":
        raw = _steps(x, training, where)
    else:
        raise TinyedgeError(f"{where} holds {x.dtype}, not numbers", _HINT)
    if raw.ndim == 2:
        return raw[:, np.newaxis, :, np.newaxis]
    return raw[..., np.newaxis] if raw.ndim == 3 else raw


def _steps(x: Array, training: Array, where: str) -> NDArray[np.uint8]:
    if not np.isfinite(x).all():
        raise TinyedgeError(f"{where} has values that are not finite", "take those samples out")
    low, high = float(training.min()), float(training.max())
    if not low < high:
        raise TinyedgeError(f"{where}: all values are {low:g}", "write samples that differ")
    scaled = (x.astype(np.float64) - low) * (255 / (high - low))
    return np.clip(np.floor(scaled + 0.5), 0, 255).astype(np.uint8)


def _labels(y: Array, count: int, where: str) -> NDArray[np.int64]:
    if y.ndim == 2 and y.shape[1] == 1:  # as Keras' cifar10 has them
        y = y[:, 0]
    if y.ndim != 1 or y.dtype.kind not in "ui":
        raise TinyedgeError(f"{where} has shape {y.shape} of {y.dtype}", "write (samples,) of int")
    if len(y) != count:
        raise TinyedgeError(
            f"{where} has {len(y)} labels for {count} samples", "write one label for each sample"
        )
    if y.min() < 0:
        raise TinyedgeError(f"{where} has label {y.min()}", "count classes from 0")
    return y.astype(np.int64)
