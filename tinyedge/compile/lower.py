"""Graph -> :class:`Program`: every operator becomes one node with fully derived parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile import rearrange
from tinyedge.compile.program import Node, Program, Value
from tinyedge.errors import ModelError
from tinyedge.graph import ops, quantized, reference, resampling
from tinyedge.graph.geometry import leading_padding
from tinyedge.graph.ops.pool import Extreme, PoolKind
from tinyedge.graph.ops.resize import ResizeKind
from tinyedge.graph.types import Activation, DType, Graph, Op, Tensor

Shape = tuple[int, ...]

#: depthwise kernels take four at a time; fewer are as fast as a convolution with many zeros
FEW_CHANNELS = 4
#: the domain of every table, in order
_ALL_INT8 = np.arange(-128, 128, dtype=np.int8)


def lower(graph: Graph) -> Program:
    """Return the graph as a program: one node an output, copies where bytes keep their order.

    The graph must have passed ``graph.verify.check``. Raises ModelError for what no kernel family
    expresses, naming the operator.
    """
    values = {tensor.index: _value(tensor) for tensor in graph.tensors}
    nodes = [node for op in graph.ops for node in _nodes(op, values)]
    for index in sorted({tensor.index for tensor in graph.outputs if tensor.is_constant}):
        constant = values[index]
        values[index] = replace(constant, data=None)  # in the arena, as every output
        nodes.append(Node("COPY", (), p.Copy(constant.bytes), (constant,), values[index]))
    return Program(
        name=graph.name,
        sha256=graph.sha256,
        nodes=tuple(nodes),
        inputs=tuple(values[tensor.index] for tensor in graph.inputs),
        outputs=tuple(values[tensor.index] for tensor in graph.outputs),
    )


def _value(tensor: Tensor) -> Value:
    return Value(
        tensor=tensor.index,
        name=tensor.name,
        shape=tensor.shape,
        dtype=tensor.dtype,
        quant=tensor.quant,
        data=tensor.data,
    )


def _nodes(op: Op, values: dict[int, Value]) -> Iterator[Node]:
    joined = op.inputs if isinstance(op, ops.Concatenation | ops.Binary) else op.inputs[:1]
    inputs = tuple(values[tensor.index] for tensor in joined)
    params = rearrange.split(op) if isinstance(op, ops.Split) else (_params(op),)
    for written, tensor in zip(params, op.outputs, strict=True):
        yield Node(op.kind, (op.index,), written, inputs, values[tensor.index], op.macs)


@singledispatch
def _params(op: Op) -> p.Params:
    written = op.outputs[0]
    raise ModelError(
        f'operator {op.index} {op.kind}, which writes tensor {written.index} "{written.name}", '
        "cannot be compiled",
        "TensorFlow Lite Micro may have it: try --runtime tflm",
    )


def _shape4(tensor: Tensor) -> p.Shape4:
    n, h, w, c = tensor.shape
    return n, h, w, c


def _paddings(
    op: ops.Conv2D | ops.DepthwiseConv2D | ops.Pool2D,
    window: tuple[int, int],
    dilation: tuple[int, int],
) -> tuple[int, int]:
    size = op.inputs[0].shape[1:3]
    top, left = (
        leading_padding(size[i], window[i], op.stride[i], dilation[i], op.padding) for i in (0, 1)
    )
    return top, left


def _channel_requant(
    op: ops.Conv2D | ops.DepthwiseConv2D | ops.TransposeConv | ops.FullyConnected,
) -> p.Requantization:
    multipliers, shifts = quantized.output_multipliers(op)
    return _requant(op.outputs[0], multipliers, shifts, op.activation)


def _requant(
    output: Tensor,
    multipliers: NDArray[np.int32],
    shifts: NDArray[np.int32],
    activation: Activation = Activation.NONE,
) -> p.Requantization:
    low, high = quantized.activation_range(activation, output.q)
    return p.Requantization(multipliers, shifts, output.q.zero_point, low, high)


def _one_multiplier(
    output: Tensor, factor: quantized.Multiplier, activation: Activation = Activation.NONE
) -> p.Requantization:
    value, shift = np.array([factor.value], np.int32), np.array([factor.shift], np.int32)
    return _requant(output, value, shift, activation)


def _bias(bias: Tensor | None, channels: int) -> p.Int32Array:
    if bias is None:
        return np.zeros(channels, np.int32)
    assert bias.data is not None
    return bias.data.astype(np.int32).reshape(channels)


def _weights(tensor: Tensor, shape: tuple[int, ...]) -> p.Int8Array:
    assert tensor.data is not None
    return tensor.data.astype(np.int8).reshape(shape)


@_params.register
def _conv2d(op: ops.Conv2D) -> p.Conv2D:
    kernel = (op.filter.shape[1], op.filter.shape[2])
    return p.Conv2D(
        input_shape=_shape4(op.inputs[0]),
        output_shape=_shape4(op.outputs[0]),
        filter=_weights(op.filter, op.filter.shape),
        bias=_bias(op.bias, op.filter.shape[0]),
        stride=op.stride,
        dilation=op.dilation,
        padding=_paddings(op, kernel, op.dilation),
        input_zero_point=op.inputs[0].q.zero_point,
        requant=_channel_requant(op),
    )


@_params.register
def _depthwise(op: ops.DepthwiseConv2D) -> p.Params:
    kernel = (op.filter.shape[1], op.filter.shape[2])
    filters = _weights(op.filter, op.filter.shape[1:])
    same: dict[str, Any] = {
        "input_shape": _shape4(op.inputs[0]),
        "output_shape": _shape4(op.outputs[0]),
        "bias": _bias(op.bias, op.filter.shape[3]),
        "stride": op.stride,
        "dilation": op.dilation,
        "padding": _paddings(op, kernel, op.dilation),
        "input_zero_point": op.inputs[0].q.zero_point,
        "requant": _channel_requant(op),
    }
    if op.inputs[0].shape[3] == 1 or filters.shape[2] < FEW_CHANNELS:
        return p.Conv2D(filter=_block_diagonal(filters, op.depth_multiplier), **same)
    return p.DepthwiseConv2D(filter=filters, depth_multiplier=op.depth_multiplier, **same)


def _block_diagonal(filters: p.Int8Array, multiplier: int) -> p.Int8Array:
    """OHWI filters of which each reads the one input channel of its depthwise one."""
    height, width, channels = filters.shape
    result = np.zeros((channels, height, width, channels // multiplier), np.int8)
    for channel in range(channels):
        result[channel, :, :, channel // multiplier] = filters[:, :, channel]
    return result


@_params.register
def _transpose_conv(op: ops.TransposeConv) -> p.Params:
    size, window = op.outputs[0].shape[1:3], op.filter.shape[1:3]
    top, left = (leading_padding(size[i], window[i], op.stride[i], 1, op.padding) for i in (0, 1))
    filters = _weights(op.filter, op.filter.shape)
    same: dict[str, Any] = {
        "input_shape": _shape4(op.inputs[0]),
        "output_shape": _shape4(op.outputs[0]),
        "bias": _bias(op.bias, op.filter.shape[0]),
        "stride": op.stride,
        "input_zero_point": op.inputs[0].q.zero_point,
        "requant": _channel_requant(op),
    }
    if op.stride == (1, 1):  # a convolution with the filter turned around
        turned = np.ascontiguousarray(filters[:, ::-1, ::-1])
        padding = (window[0] - 1 - top, window[1] - 1 - left)
        return p.Conv2D(filter=turned, dilation=(1, 1), padding=padding, **same)
    return p.TransposeConv(filter=filters, padding=(top, left), **same)


@_params.register
def _fully_connected(op: ops.FullyConnected) -> p.FullyConnected:
    outputs, inputs = op.filter.shape
    return p.FullyConnected(
        batches=op.outputs[0].elements // outputs,
        filter=_symmetric(op).reshape(outputs, inputs),
        bias=_bias(op.bias, outputs),
        input_zero_point=op.inputs[0].q.zero_point,
        requant=_channel_requant(op),
    )


def _symmetric(op: ops.FullyConnected) -> p.Int8Array:
    """The weights with their zero point, which no kernel knows, taken away."""
    zero_point = op.filter.q.zero_point
    values = _weights(op.filter, op.filter.shape).astype(np.int16) - zero_point
    if values.min() < -128 or values.max() > 127:
        raise ModelError(
            f'operator {op.index} {op.kind}: tensor {op.filter.index} "{op.filter.name}" less '
            f"its zero point {zero_point} exceeds int8",
            "convert with symmetric weights; the runtime tflm takes these: try --runtime tflm",
        )
    return values.astype(np.int8)


@_params.register
def _pool(op: ops.Pool2D) -> p.Pool:
    family = p.MaxPool if op.function is PoolKind.MAX else p.AveragePool
    low, high = quantized.activation_range(op.activation, op.outputs[0].q)
    return family(
        input_shape=_shape4(op.inputs[0]),
        output_shape=_shape4(op.outputs[0]),
        window=op.window,
        stride=op.stride,
        padding=_paddings(op, op.window, (1, 1)),
        low=low,
        high=high,
    )


def _same_rank(op: ops.Binary) -> tuple[Shape, Shape, Shape]:
    """Shapes of both operands and the output."""
    rank = len(op.outputs[0].shape)
    a, b = ((1,) * (rank - len(tensor.shape)) + tensor.shape for tensor in op.inputs)
    return a, b, op.outputs[0].shape


@_params.register
def _add(op: ops.Add) -> p.Add:
    return p.Add(*_same_rank(op), **_sum(op, quantized.add_parameters(op)))


@_params.register
def _sub(op: ops.Sub) -> p.Sub:
    return p.Sub(*_same_rank(op), **_sum(op, quantized.sub_parameters(op)))


def _sum(op: ops.Add | ops.Sub, factors: quantized.SumParameters) -> dict[str, Any]:
    return {
        "left_shift": quantized.ADD_LEFT_SHIFT,
        "a_zero_point": op.inputs[0].q.zero_point,
        "a_multiplier": factors.first.value,
        "a_shift": factors.first.shift,
        "b_zero_point": op.inputs[1].q.zero_point,
        "b_multiplier": factors.second.value,
        "b_shift": factors.second.shift,
        "requant": _one_multiplier(op.outputs[0], factors.output, op.activation),
    }


@_params.register
def _mul(op: ops.Mul) -> p.Mul:
    return p.Mul(
        *_same_rank(op),
        a_zero_point=op.inputs[0].q.zero_point,
        b_zero_point=op.inputs[1].q.zero_point,
        requant=_one_multiplier(op.outputs[0], quantized.mul_multiplier(op), op.activation),
    )


@_params.register
def _minimum(op: ops.Minimum) -> p.Minimum:
    return p.Minimum(*_same_rank(op))


@_params.register
def _maximum(op: ops.Maximum) -> p.Maximum:
    return p.Maximum(*_same_rank(op))


@_params.register
def _prelu(op: ops.Prelu) -> p.Prelu:
    factors = quantized.prelu_parameters(op)
    return p.Prelu(
        *_same_rank(op),
        input_zero_point=op.inputs[0].q.zero_point,
        alpha_zero_point=op.inputs[1].q.zero_point,
        positive=_one_multiplier(op.outputs[0], factors.positive),
        negative_multiplier=factors.negative.value,
        negative_shift=factors.negative.shift,
    )


@_params.register
def _pad(op: ops.Pad) -> p.Pad:
    return p.Pad(op.inputs[0].shape, op.outputs[0].shape, op.before, op.value)


@_params.register
def _mean(op: ops.Mean) -> p.Mean:
    return p.Mean(
        shape=op.inputs[0].shape,
        axes=op.axes,
        count=quantized.mean_count(op),
        input_zero_point=op.inputs[0].q.zero_point,
        requant=_one_multiplier(op.outputs[0], quantized.mean_multiplier(op)),
    )


@_params.register
def _concatenation(op: ops.Concatenation) -> p.Concatenation:
    outer = math.prod(op.outputs[0].shape[: op.axis])
    return p.Concatenation(outer, tuple(tensor.bytes // outer for tensor in op.inputs))


@_params.register
def _reshape(op: ops.Reshape) -> p.Copy:
    return p.Copy(op.outputs[0].bytes)


@_params.register
def _strided_slice(op: ops.StridedSlice) -> p.Params:
    return rearrange.strided_slice(op)


@_params.register
def _transpose(op: ops.Transpose) -> p.Params:
    return rearrange.transpose(op)


@_params.register
def _resize(op: ops.Resize) -> p.Params:
    if op.inputs[0].shape == op.outputs[0].shape:
        return p.Copy(op.outputs[0].bytes)
    shape = _shape4(op.inputs[0])
    if op.function is ResizeKind.NEAREST:
        rows, columns = resampling.nearest(op)
        return p.ResizeNearest(shape, rows.astype(np.int16), columns.astype(np.int16))
    down, along = resampling.bilinear(op)
    steps, offsets = (down.step, along.step), (down.offset, along.offset)
    return p.ResizeBilinear(shape, _shape4(op.outputs[0]), steps, offsets)


@_params.register
def _arg_extreme(op: ops.ArgExtreme) -> p.ArgExtreme:
    family = p.ArgMax if op.function is Extreme.MAX else p.ArgMin
    before, after = op.inputs[0].shape[: op.axis], op.inputs[0].shape[op.axis + 1 :]
    return family(math.prod(before), op.inputs[0].shape[op.axis], math.prod(after))


@_params.register
def _softmax(op: ops.Softmax) -> p.Softmax:
    depth = op.inputs[0].shape[-1]
    factors = quantized.softmax_parameters(op)
    return p.Softmax(
        rows=op.inputs[0].elements // depth,
        depth=depth,
        multiplier=factors.input.value,
        shift=factors.input.shift,
        diff_min=factors.smallest,
    )


@_params.register(ops.Elementwise)
def _table(op: Op) -> p.Lookup:
    """Any operator that maps each byte by itself: the reference's answers to all 256."""
    domain = _ALL_INT8.view(op.inputs[0].dtype.value)
    table = reference.evaluate(op, [domain]).astype(np.int8)
    return p.Lookup(op.kind, op.outputs[0].elements, table)


@_params.register
def _quantize(op: ops.Quantize) -> p.Params:
    if op.inputs[0].dtype is not DType.FLOAT32:
        return _table(op)
    quant = op.outputs[0].q
    return p.Quantize(op.outputs[0].elements, quant.scale, quant.zero_point)


@_params.register
def _dequantize(op: ops.Dequantize) -> p.Dequantize:
    quant = op.inputs[0].q
    return p.Dequantize(op.inputs[0].elements, quant.scale, quant.zero_point)
