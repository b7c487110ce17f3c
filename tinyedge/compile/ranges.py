"""Interval analysis: between which values every element of every tensor stays, whatever the input.

Bounds are kept an element, so what happens at padded borders is exact. An operator that never
falls when an input rises is simply run by the reference on the lower and on the upper bounds; a
weighted sum takes the lower bound where the weight is positive and the upper where it is negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph.ops import (
    Add,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    Elementwise,
    FullyConnected,
    Maximum,
    Mean,
    Minimum,
    Mul,
    Pad,
    Pool2D,
    Reshape,
    Resize,
    Split,
    StridedSlice,
    Sub,
    Transpose,
    TransposeConv,
)
from tinyedge.graph.quantized import mean_count, mean_multiplier, mul_multiplier, output_multipliers
from tinyedge.graph.reference import evaluate, outputs
from tinyedge.graph.reference.conv import requantize, weighted_sum
from tinyedge.graph.types import Array, DType, Graph, Op, Tensor

Ints = NDArray[np.int64]
Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv

# Operators whose outputs never fall when an input rises.
_RISING = (
    Add,
    Concatenation,
    Maximum,
    Mean,
    Minimum,
    Pad,
    Pool2D,
    Reshape,
    Resize,
    StridedSlice,
    Transpose,
)
_INT32 = 1 << 31
_WIDEST = 255  # |q - zero point| of an int8


@dataclass(frozen=True, eq=False)
class Range:
    """Bounds, included, of each element; both of the tensor's shape and element type."""

    low: Array
    high: Array

    def constant(self) -> tuple[NDArray[np.bool_], Ints]:
        """Which channels (indexes of the last axis) hold one value everywhere, and that value."""
        low = self.low.reshape(-1, self.low.shape[-1] if self.low.ndim else 1)
        high = self.high.reshape(low.shape)
        return (low.min(axis=0) == high.max(axis=0)), low[0].astype(np.int64)


def analyse(graph: Graph) -> dict[Tensor, Range]:
    """Return the range of every tensor that ``graph`` computes or reads."""
    ranges = {tensor: _unknown(tensor) for tensor in graph.inputs}
    for op in graph.ops:
        for tensor in op.inputs:
            if tensor.data is not None:
                ranges.setdefault(tensor, Range(tensor.data, tensor.data))
        inputs = [ranges[tensor] for tensor in op.inputs]
        if isinstance(op, Split):
            parts = zip(*(outputs(op, [x]) for x in (inputs[0].low, inputs[0].high)), strict=True)
            ranges |= dict(zip(op.outputs, (Range(*bounds) for bounds in parts), strict=True))
        else:
            ranges[op.outputs[0]] = _bounds(op, inputs) or _unknown(op.outputs[0])
    return ranges


def _unknown(tensor: Tensor) -> Range:
    dtype = np.dtype(tensor.dtype.value)
    if dtype.kind == "f":
        low, high = -np.inf, np.inf
    elif dtype.kind == "b":
        low, high = False, True
    else:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return Range(np.full(tensor.shape, low, dtype), np.full(tensor.shape, high, dtype))


def _bounds(op: Op, inputs: Sequence[Range]) -> Range | None:
    """Range of the output, or None where nothing is known of it."""
    floats = any(tensor.dtype is DType.FLOAT32 for tensor in (*op.inputs, *op.outputs))
    if floats or _may_wrap(op):
        return None
    match op:
        case Conv2D() | DepthwiseConv2D() | FullyConnected() | TransposeConv():
            sums = accumulators(op, inputs[0])
            return Range(*(requantize(op, bound) for bound in sums)) if sums else None
        case Elementwise():
            return _looked_up(op, inputs[0])
        case Mul():
            return _product(op, *inputs)
        case Sub():  # falls when the second operand rises
            inputs = [inputs[0], Range(inputs[1].high, inputs[1].low)]
        case _ if not isinstance(op, _RISING):
            return None
    return _rising(op, inputs)


def accumulators(op: Weighted, source: Range) -> tuple[Ints, Ints] | None:
    """Bounds of ``op``'s sums before its bias; None where a sum might leave int32."""
    if not never_wraps(op):
        return None
    weights = _weights(op)
    zero_point = op.inputs[0].q.zero_point
    low, high = (bound.astype(np.int64) - zero_point for bound in (source.low, source.high))
    rising, falling = np.maximum(weights, 0), np.minimum(weights, 0)
    lowest = weighted_sum(op, low, rising) + weighted_sum(op, high, falling)
    highest = weighted_sum(op, high, rising) + weighted_sum(op, low, falling)
    return lowest, highest


def never_wraps(op: Weighted) -> bool:
    """Whether all partial sums, in any order, stay in int32 whatever the input is.

    That includes the bias and the left shift of requantization. The weights must be constant.
    """
    if not op.filter.is_constant or (op.bias and not op.bias.is_constant):
        return False
    weights = np.abs(_weights(op))
    axes = (0, 1, 2) if isinstance(op, DepthwiseConv2D) else tuple(range(1, weights.ndim))
    largest = weights.sum(axis=axes) * _WIDEST
    if op.bias:
        largest = largest + np.abs(np.asarray(op.bias.data, np.int64))
    left = np.maximum(output_multipliers(op)[1], 0)
    return bool((largest << left < _INT32).all())


def _weights(op: Weighted) -> Ints:
    zero_point = op.filter.q.zero_point if isinstance(op, FullyConnected) else 0
    return np.asarray(op.filter.data, np.int64) - zero_point


def _may_wrap(op: Op) -> bool:
    """Whether the factors of ``op`` are so large that a product may leave int32."""
    match op:
        case Mean():
            return mean_count(op) * _WIDEST << max(mean_multiplier(op).shift, 0) >= _INT32
        case Mul():
            return _WIDEST**2 << max(mul_multiplier(op).shift, 0) >= _INT32
        case _:
            return False


def _rising(op: Op, inputs: Sequence[Range]) -> Range:
    """Range of what never falls when an input goes from ``low`` to ``high``."""
    lows, highs = [x.low for x in inputs], [x.high for x in inputs]
    return Range(evaluate(op, lows), evaluate(op, highs))


def _looked_up(op: Op, source: Range) -> Range:
    """Range of a function of one int8, from its values at all 256."""
    every = np.arange(-128, 128, dtype=np.int8)
    if op.inputs[0].dtype is DType.UINT8:
        every = np.arange(256, dtype=np.uint8)
    inputs, outputs = (tuple(replace(t, shape=(256,)) for t in x) for x in (op.inputs, op.outputs))
    values = evaluate(replace(op, inputs=inputs, outputs=outputs), [every])
    # least[a, b] and most[a, b]: over the inputs from the a-th to the b-th.
    grid = np.broadcast_to(values, (256, 256))
    inside = np.triu(np.ones((256, 256), np.bool_))
    least = np.minimum.accumulate(np.where(inside, grid, values.max()), axis=1)
    most = np.maximum.accumulate(np.where(inside, grid, values.min()), axis=1)
    first = int(every[0])
    low, high = (bound.astype(np.intp) - first for bound in (source.low, source.high))
    return Range(least[low, high], most[low, high])


def _product(op: Mul, a: Range, b: Range) -> Range:
    """Range of a product: its extremes lie at the corners."""
    corners = np.stack([evaluate(op, [x, y]) for x in (a.low, a.high) for y in (b.low, b.high)])
    return Range(corners.min(axis=0), corners.max(axis=0))
