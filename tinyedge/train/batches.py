"""A split as batches for TensorFlow, read from the data set's file as they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.dataset import Split


def batches(tf: Any, split: Split, size: int, order: NDArray[np.int64] | None = None) -> Any:
    """tf.data of (inputs float32, labels int64); in that ``order``, or as the split has them."""
    order = np.arange(len(split), dtype=np.int64) if order is None else order

    def read(indices: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        return split.scale(split.raw[indices]), split.labels[indices]

    def batch(indices: Any) -> tuple[Any, Any]:
        inputs, labels = tf.numpy_function(read, [indices], (tf.float32, tf.int64), stateful=False)
        return tf.ensure_shape(inputs, (None, *split.raw.shape[1:])), tf.ensure_shape(
            labels, (None,)
        )

    picked = tf.data.Dataset.from_tensor_slices(order).batch(size)
    return picked.map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)
