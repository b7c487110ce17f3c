"""A split as batches for TensorFlow, read from the data set's file as they are needed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split
from tinyedge.train import augment
from tinyedge.train.architectures import Task


def batches(
    tf: Any,
    split: Split,
    size: int,
    order: NDArray[np.int64],
    task: Task,
    *,
    transforms: NDArray[np.float32] | None = None,
) -> Any:
    """tf.data of (inputs float32, target) for the samples at ``order``.

    The target is the label (int64), or the flat input for networks that repeat it. Each picture
    is transformed by its row of ``transforms``, if there are any.
    """

    def read(indices: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return split.scale(split.raw[indices]), split.labels[indices]

    def batch(indices: Any, *rows: Any) -> tuple[Any, Any]:
        inputs, labels = tf.numpy_function(read, [indices], (tf.float32, tf.int64), stateful=False)
        shape = split.raw.shape[1:]
        inputs = tf.ensure_shape(inputs, (None, *shape))
        if rows:
            inputs = augment.apply(tf, inputs, rows[0])
        if task == "reconstruct":
            return inputs, tf.reshape(inputs, (-1, math.prod(shape)))
        return inputs, tf.ensure_shape(labels, (None,))

    wanted = (order,) if transforms is None else (order, transforms)
    picked = tf.data.Dataset.from_tensor_slices(wanted).batch(size)
    return picked.map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)
