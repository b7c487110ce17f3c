"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED (TFLM: ``reference/integer_ops``)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier, wrap_int32
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected
from tinyedge.graph.quantized import activation_range, output_multipliers
from tinyedge.graph.reference.windows import Windows
from tinyedge.graph.types import Array, Tensor


def conv2d(op: Conv2D, inputs: Sequence[Array]) -> Array:
    """Sum of filter * (input - zero point) over the window, requantized."""
    weights = _values(op.filter).astype(np.float64)
    x = inputs[0].astype(np.float64) - op.inputs[0].q.zero_point
    windows = Windows.over(x.shape, weights.shape[1:3], op.stride, op.dilation, op.padding)
    acc = np.zeros((x.shape[0], *windows.positions, weights.shape[0]))
    for row, column, outputs, region in windows.taps():
        # float64 holds these sums exactly, and its matrix product is the fastest numpy has.
        acc[outputs] += x[region] @ weights[:, row, column].T
    return _requantize(op, acc.astype(np.int64))


def depthwise_conv2d(op: DepthwiseConv2D, inputs: Sequence[Array]) -> Array:
    """As conv2d, each output channel from one input channel."""
    weights = _values(op.filter)[0].astype(np.int32)
    x = inputs[0].astype(np.int32) - op.inputs[0].q.zero_point
    x = np.repeat(x, op.depth_multiplier, axis=3)
    windows = Windows.over(x.shape, weights.shape[:2], op.stride, op.dilation, op.padding)
    acc = np.zeros((x.shape[0], *windows.positions, weights.shape[2]), np.int32)
    for row, column, outputs, region in windows.taps():
        acc[outputs] += x[region] * weights[row, column]
    return _requantize(op, acc.astype(np.int64))


def fully_connected(op: FullyConnected, inputs: Sequence[Array]) -> Array:
    """(input - zero point) @ filter.T for each row of the input, requantized."""
    weights = _values(op.filter).astype(np.float64) - op.filter.q.zero_point
    x = inputs[0].astype(np.float64) - op.inputs[0].q.zero_point
    acc = x.reshape(-1, weights.shape[1]) @ weights.T
    return _requantize(op, acc.astype(np.int64)).reshape(op.outputs[0].shape)


def _values(tensor: Tensor) -> Array:
    assert tensor.data is not None, tensor.name
    return tensor.data


def _requantize(op: Conv2D | DepthwiseConv2D | FullyConnected, acc: Ints) -> Array:
    """Accumulators [..., channels] to int8: bias, per-channel factor, zero point, clamp."""
    if op.bias is not None:
        acc = acc + _values(op.bias).astype(np.int64)
    multipliers, shifts = output_multipliers(op)
    scaled = multiply_by_quantized_multiplier(wrap_int32(acc), multipliers, shifts)
    output = op.outputs[0].q
    low, high = activation_range(op.activation, output)
    return np.clip(scaled + output.zero_point, low, high).astype(np.int8)
