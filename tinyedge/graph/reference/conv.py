"""The operators that multiply by weights (TFLM: ``reference/integer_ops``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier, wrap_int32
from tinyedge.graph.geometry import leading_padding
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from tinyedge.graph.quantized import activation_range, output_multipliers
from tinyedge.graph.reference.windows import Windows
from tinyedge.graph.types import Array, Tensor

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv


def conv2d(op: Conv2D, inputs: Sequence[Array]) -> Array:
    """Sum of filter * (input - zero point) over the window, requantized."""
    return requantize(op, weighted_sum(op, _shifted(op, inputs[0]), _values(op.filter)))


def depthwise_conv2d(op: DepthwiseConv2D, inputs: Sequence[Array]) -> Array:
    """As conv2d, each output channel from one input channel."""
    return requantize(op, weighted_sum(op, _shifted(op, inputs[0]), _values(op.filter)))


def transpose_conv(op: TransposeConv, inputs: Sequence[Array]) -> Array:
    """Filter * (input - zero point), summed where the filters of pixels overlap; requantized."""
    return requantize(op, weighted_sum(op, _shifted(op, inputs[0]), _values(op.filter)))


def fully_connected(op: FullyConnected, inputs: Sequence[Array]) -> Array:
    """(input - zero point) @ filter.T for each row of the input, requantized."""
    weights = _values(op.filter).astype(np.int64) - op.filter.q.zero_point
    return requantize(op, weighted_sum(op, _shifted(op, inputs[0]), weights))


def weighted_sum(op: Weighted, x: Ints, weights: Array) -> Ints:
    """Sum of ``weights`` (in the filter's place) times ``x`` (input less its zero point).

    The sum has no bias and is exact.
    """
    match op:
        case Conv2D():
            return _conv_sum(op, x.astype(np.float64), weights.astype(np.float64))
        case DepthwiseConv2D():
            return _depthwise_sum(op, x, weights.astype(np.int64)[0])
        case TransposeConv():
            return _transpose_conv_sum(op, x.astype(np.float64), weights.astype(np.float64))
        case FullyConnected():
            rows = x.reshape(-1, weights.shape[1]).astype(np.float64)
            return (rows @ weights.astype(np.float64).T).astype(np.int64)


def _conv_sum(op: Conv2D, x: Array, weights: Array) -> Ints:
    # float64 holds these sums exactly, and its matrix product is the fastest numpy has.
    windows = Windows.over(x.shape, weights.shape[1:3], op.stride, op.dilation, op.padding)
    acc = np.zeros((x.shape[0], *windows.positions, weights.shape[0]))
    for row, column, outputs, region in windows.taps():
        acc[outputs] += x[region] @ weights[:, row, column].T
    return acc.astype(np.int64)


def _depthwise_sum(op: DepthwiseConv2D, x: Ints, weights: Ints) -> Ints:
    x = np.repeat(x, op.depth_multiplier, axis=3)
    windows = Windows.over(x.shape, weights.shape[:2], op.stride, op.dilation, op.padding)
    acc = np.zeros((x.shape[0], *windows.positions, weights.shape[2]), np.int64)
    for row, column, outputs, region in windows.taps():
        acc[outputs] += x[region] * weights[row, column]
    return acc


def _transpose_conv_sum(op: TransposeConv, x: Array, weights: Array) -> Ints:
    """All filters on a canvas that has room for them, of which the output is a part."""
    window, size = weights.shape[1:3], op.outputs[0].shape[1:3]
    span = [(x.shape[1 + i] - 1) * op.stride[i] + 1 for i in (0, 1)]
    first = [leading_padding(size[i], window[i], op.stride[i], 1, op.padding) for i in (0, 1)]
    room = [max(span[i] + window[i] - 1, first[i] + size[i]) for i in (0, 1)]
    canvas = np.zeros((x.shape[0], *room, weights.shape[0]))
    for row, column in np.ndindex(*window):
        rows = slice(row, row + span[0], op.stride[0])
        columns = slice(column, column + span[1], op.stride[1])
        canvas[:, rows, columns] += x @ weights[:, row, column].T
    rows, columns = (
        slice(start, start + length) for start, length in zip(first, size, strict=True)
    )
    return canvas[:, rows, columns].astype(np.int64)


def _shifted(op: Weighted, x: Array) -> Ints:
    return x.astype(np.int64) - op.inputs[0].q.zero_point


def _values(tensor: Tensor) -> Array:
    assert tensor.data is not None, tensor.name
    return tensor.data


def requantize(op: Weighted, acc: Ints) -> Array:
    """Accumulators [..., channels] to int8: bias, per-channel factor, zero point, clamp."""
    if op.bias is not None:
        acc = acc + _values(op.bias).astype(np.int64)
    multipliers, shifts = output_multipliers(op)
    scaled = multiply_by_quantized_multiplier(wrap_int32(acc), multipliers, shifts)
    output = op.outputs[0].q
    low, high = activation_range(op.activation, output)
    clamped = np.clip(scaled + output.zero_point, low, high).astype(np.int8)
    return clamped.reshape(op.outputs[0].shape)
