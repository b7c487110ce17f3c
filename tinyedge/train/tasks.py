"""What a network is trained to do, and how well it does it: to classify, or to repeat its input.

A network that repeats what is normal (class 0) repeats badly what is not: its error tells them
apart. How well is the area under the ROC curve, which stands where classifiers have an accuracy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.train.architectures import Task

METRIC = {"classify": "accuracy", "reconstruct": "AUC"}


def compile_model(keras: Any, model: Any, optimizer: Any, task: Task) -> None:
    """Set loss and metric; the metric is called "accuracy" for both tasks."""
    if task == "classify":
        model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
        return

    def explained(wanted: Any, got: Any) -> Any:
        """Fraction of the variance that is repeated, 0 if it is no better than the mean."""
        mean = keras.backend.mean
        spread = mean(keras.backend.square(wanted - mean(wanted)))
        error = mean(keras.backend.square(wanted - got))
        return keras.backend.clip(1 - error / (spread + 1e-12), 0, 1)

    explained.__name__ = "accuracy"
    model.compile(optimizer, "mse", [explained])


def learned(split: Split, task: Task) -> NDArray[np.int64]:
    """Indices of the samples that are trained on: all, or the normal ones."""
    if task == "classify":
        return np.arange(len(split), dtype=np.int64)
    return np.flatnonzero(split.labels == 0)


def errors(wanted: NDArray[Any], got: NDArray[Any]) -> NDArray[np.float64]:
    """Mean squared error of each sample."""
    flat = (array.reshape(len(array), -1).astype(np.float64) for array in (wanted, got))
    difference = np.subtract(*flat)
    mean: NDArray[np.float64] = (difference**2).mean(axis=1)
    return mean


def auc(error: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """How likely an abnormal sample (label not 0) has a greater error than a normal one."""
    abnormal = labels != 0
    below = np.searchsorted(np.sort(error[~abnormal]), error[abnormal], "left")
    not_above = np.searchsorted(np.sort(error[~abnormal]), error[abnormal], "right")
    return float((below + not_above).mean() / 2 / (~abnormal).sum())
