"""MAX_POOL_2D, AVERAGE_POOL_2D, MEAN, ARG_MAX and ARG_MIN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.fixedpoint import multiply_by_quantized_multiplier, wrap_int32
from tinyedge.graph.ops import ArgExtreme, Mean, Pool2D
from tinyedge.graph.ops.pool import Extreme, PoolKind
from tinyedge.graph.quantized import activation_range, mean_count, mean_multiplier
from tinyedge.graph.reference.windows import Windows
from tinyedge.graph.types import Array


def pool2d(op: Pool2D, inputs: Sequence[Array]) -> Array:
    """Largest, or rounded average, of the elements that the window meets; clamped."""
    x = inputs[0].astype(np.int64)
    windows = Windows.over(x.shape, op.window, op.stride, (1, 1), op.padding)
    pooled = _maximum(x, windows) if op.function is PoolKind.MAX else _average(x, windows)
    low, high = activation_range(op.activation, op.outputs[0].q)
    return np.clip(pooled, low, high).astype(np.int8)


def _maximum(x: Array, windows: Windows) -> Array:
    result = np.full((x.shape[0], *windows.positions, x.shape[3]), -128)
    for _, _, outputs, region in windows.taps():
        result[outputs] = np.maximum(result[outputs], x[region])
    return result


def _average(x: Array, windows: Windows) -> Array:
    """Average of what lies inside the input, halves rounded away from zero."""
    total = np.zeros((x.shape[0], *windows.positions, x.shape[3]), np.int64)
    count = np.zeros((1, *windows.positions, 1), np.int64)
    for _, _, outputs, region in windows.taps():
        total[outputs] += x[region]
        count[outputs] += 1
    # C's integer division truncates; numpy's floors, hence the detour over magnitudes.
    magnitude = (np.abs(total) + count // 2) // count
    return np.where(total < 0, -magnitude, magnitude)


def mean(op: Mean, inputs: Sequence[Array]) -> Array:
    """Sum over the axes, requantized by a factor that holds 1 / count."""
    source, target = op.inputs[0].q, op.outputs[0].q
    total = inputs[0].astype(np.int64).sum(axis=op.axes, keepdims=op.keep_dims)
    shifted = wrap_int32(np.asarray(total - source.zero_point * mean_count(op)))
    factor = mean_multiplier(op)
    scaled = multiply_by_quantized_multiplier(shifted, factor.value, factor.shift)
    return np.clip(scaled + target.zero_point, -128, 127).astype(np.int8)


def arg_extreme(op: ArgExtreme, inputs: Sequence[Array]) -> Array:
    """Index of the largest or smallest, the first of equal ones."""
    index = np.argmax if op.function is Extreme.MAX else np.argmin
    return np.asarray(index(inputs[0], axis=op.axis), np.int32)
