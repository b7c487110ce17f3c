"""A quantized graph in real numbers: what its layers would answer if nothing were rounded.

Weights and inputs are what their int8 values stand for; everything between is float64, without
clamps but those of activations. Against it the error of quantization can be measured layer by
layer. An operator that is not written here passes on what the integers stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph import ops, reference
from tinyedge.graph.ops.pool import PoolKind
from tinyedge.graph.reference.windows import Windows
from tinyedge.graph.types import Activation, Array, DType, Graph, Op, Tensor

Reals = NDArray[np.float64]

_CLAMPS = {
    Activation.NONE: (-np.inf, np.inf),
    Activation.RELU: (0.0, np.inf),
    Activation.RELU6: (0.0, 6.0),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
}


def dequantize(tensor: Tensor, values: Array) -> Reals:
    """What ``values`` of a tensor stand for, as float64; without a quantization, themselves."""
    if tensor.quant is None:
        return values.astype(np.float64)
    quant = tensor.quant
    shape = [1] * values.ndim
    if quant.per_channel:
        shape[quant.axis] = -1
    scales, zeros = (np.reshape(np.asarray(x), shape) for x in (quant.scales, quant.zero_points))
    real: Reals = (values.astype(np.float64) - zeros) * scales
    return real


def run(
    graph: Graph, inputs: Sequence[Array], unrounded: Sequence[Array] | None = None
) -> dict[int, Reals]:
    """Every computed tensor and input of one inference in real numbers, by index.

    ``inputs`` are the model's, quantized; ``unrounded`` what they were before (None: what they
    stand for).
    """
    exact = reference.run(graph, inputs, keep=True)
    real: dict[int, Reals] = {}
    for position, tensor in enumerate(graph.inputs):
        given = (
            dequantize(tensor, exact[tensor.index]) if unrounded is None else unrounded[position]
        )
        real[tensor.index] = np.asarray(given, np.float64).reshape(tensor.shape)
    for op in graph.ops:
        kernel = _KERNELS.get(type(op))
        if kernel is not None:
            answers = [kernel(op, [_value(tensor, real) for tensor in op.inputs])]
        else:
            answers = [dequantize(tensor, exact[tensor.index]) for tensor in op.outputs]
        for tensor, answer in zip(op.outputs, answers, strict=True):
            real[tensor.index] = answer.reshape(tensor.shape)
    return real


def signal_to_noise(signal: Reals, other: Reals) -> float | None:
    """Decibels of ``signal`` over its difference to ``other``; None without any of either."""
    power, noise = float(np.mean(signal**2)), float(np.mean((signal - other) ** 2))
    return 10 * float(np.log10(power / noise)) if power > 0 and noise > 0 else None


def beyond_range(tensor: Tensor, values: Reals) -> float:
    """Share of ``values`` that the tensor's int8 numbers do not reach, so that they are clamped."""
    if tensor.quant is None or tensor.dtype is not DType.INT8:
        return 0.0
    steps = values / tensor.q.scale + tensor.q.zero_point
    return float(np.mean((steps < -128.5) | (steps > 127.5)))


def _value(tensor: Tensor, real: Mapping[int, Array]) -> Array:
    return real[tensor.index] if tensor.data is None else dequantize(tensor, tensor.data)


def _clamp(activation: Activation, values: Reals) -> Reals:
    return np.clip(values, *_CLAMPS[activation])


def _biased(op: ops.Conv2D | ops.DepthwiseConv2D | ops.FullyConnected, total: Reals) -> Reals:
    """Add the bias, whose scale is that of input times weights whether or not the file says so."""
    if op.bias is not None and op.bias.data is not None:
        scales = np.asarray(op.filter.q.scales, np.float64) * op.inputs[0].q.scale
        total = total + op.bias.data.astype(np.float64) * scales
    return _clamp(op.activation, total)


def _conv2d(op: ops.Conv2D, inputs: Sequence[Reals]) -> Reals:
    x, weights = inputs[:2]
    windows = Windows.over(x.shape, weights.shape[1:3], op.stride, op.dilation, op.padding)
    total = np.zeros((x.shape[0], *windows.positions, weights.shape[0]))
    for row, column, outputs, region in windows.taps():
        total[outputs] += x[region] @ weights[:, row, column].T
    return _biased(op, total)


def _depthwise(op: ops.DepthwiseConv2D, inputs: Sequence[Reals]) -> Reals:
    x, weights = np.repeat(inputs[0], op.depth_multiplier, axis=3), inputs[1][0]
    windows = Windows.over(x.shape, weights.shape[:2], op.stride, op.dilation, op.padding)
    total = np.zeros((x.shape[0], *windows.positions, weights.shape[2]))
    for row, column, outputs, region in windows.taps():
        total[outputs] += x[region] * weights[row, column]
    return _biased(op, total)


def _fully_connected(op: ops.FullyConnected, inputs: Sequence[Reals]) -> Reals:
    weights = inputs[1]
    return _biased(op, inputs[0].reshape(-1, weights.shape[1]) @ weights.T)


def _pool(op: ops.Pool2D, inputs: Sequence[Reals]) -> Reals:
    x = inputs[0]
    windows = Windows.over(x.shape, op.window, op.stride, (1, 1), op.padding)
    largest = op.function is PoolKind.MAX
    result = np.full((x.shape[0], *windows.positions, x.shape[3]), -np.inf if largest else 0.0)
    count = np.zeros((1, *windows.positions, 1))
    for _, _, outputs, region in windows.taps():
        met = x[region]
        result[outputs] = np.maximum(result[outputs], met) if largest else result[outputs] + met
        count[outputs] += 1
    return _clamp(op.activation, result if largest else result / count)


def _pad(op: ops.Pad, inputs: Sequence[Reals]) -> Reals:
    quant = op.inputs[0].q
    value = (op.value - quant.zero_point) * quant.scale
    return np.pad(inputs[0], list(zip(op.before, op.after, strict=True)), constant_values=value)


def _softmax(op: ops.Softmax, inputs: Sequence[Reals]) -> Reals:
    powers = np.exp(op.beta * (inputs[0] - inputs[0].max(axis=-1, keepdims=True)))
    shares: Reals = powers / powers.sum(axis=-1, keepdims=True)
    return shares


# Each kernel takes its own operator class, which a dictionary by class cannot express.
_KERNELS: dict[type[Op], Callable[[Any, Sequence[Reals]], Reals]] = {
    ops.Add: lambda op, x: _clamp(op.activation, x[0] + x[1]),
    ops.Concatenation: lambda op, x: np.concatenate(x, axis=op.axis),
    ops.Conv2D: _conv2d,
    ops.DepthwiseConv2D: _depthwise,
    ops.FullyConnected: _fully_connected,
    ops.Logistic: lambda _, x: 1 / (1 + np.exp(-x[0])),
    ops.Mean: lambda op, x: x[0].mean(axis=op.axes, keepdims=op.keep_dims),
    ops.Mul: lambda op, x: _clamp(op.activation, x[0] * x[1]),
    ops.Pad: _pad,
    ops.Pool2D: _pool,
    ops.Relu: lambda op, x: _clamp(op.function, x[0]),
    ops.Reshape: lambda _, x: x[0],
    ops.Softmax: _softmax,
    ops.Sub: lambda op, x: _clamp(op.activation, x[0] - x[1]),
    ops.Tanh: lambda _, x: np.tanh(x[0]),
}
