"""Every kernel family in numpy: what a step computes, from its parameters alone.

Arrays come and go flat; a back end that adds a family registers it with :func:`evaluate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.graph import fixedpoint as fx
from tinyedge.graph.fixedpoint import Ints

Array = NDArray[Any]
SOFTMAX_INTEGER_BITS = 5
SOFTMAX_SUM_INTEGER_BITS = 12


@singledispatch
def evaluate(params: p.Params, inputs: Sequence[Array]) -> Array:
    """Return the output of one step. Raises NotImplementedError for a family without a twin."""
    raise NotImplementedError(type(params).__name__)


def requantize(acc: Ints, q: p.Requantization) -> Array:
    """Accumulators [..., channels] to int8."""
    scaled = fx.multiply_by_quantized_multiplier(fx.wrap_int32(acc), q.multipliers, q.shifts)
    return _clip(fx.wrap_int32(scaled + q.zero_point), q.low, q.high)


def _clip(values: Array, low: int, high: int) -> Array:
    return np.asarray(np.clip(values, low, high), np.int8)


Windowed = p.Conv2D | p.DepthwiseConv2D | p.Pool


def taps(
    q: Windowed, x: Array, size: tuple[int, ...], dilation: tuple[int, int], fill: int
) -> Iterator[tuple[int, int, Array]]:
    """Yield (row, column, what that tap of the window reads at every output position)."""
    _, out_height, out_width, _ = q.output_shape
    spans = [
        ((out_height - 1) * q.stride[0] + 1, (size[0] - 1) * dilation[0]),
        ((out_width - 1) * q.stride[1] + 1, (size[1] - 1) * dilation[1]),
    ]
    after = [
        max(0, span + reach - before - extent)
        for (span, reach), before, extent in zip(spans, q.padding, x.shape[1:3], strict=True)
    ]
    around = ((0, 0), (q.padding[0], after[0]), (q.padding[1], after[1]), (0, 0))
    padded = np.pad(x, around, constant_values=fill)
    for row in range(size[0]):
        top = row * dilation[0]
        for column in range(size[1]):
            left = column * dilation[1]
            yield (
                row,
                column,
                padded[
                    :,
                    top : top + spans[0][0] : q.stride[0],
                    left : left + spans[1][0] : q.stride[1],
                ],
            )


@evaluate.register
def _conv2d(q: p.Conv2D, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.input_shape).astype(np.int64) - q.input_zero_point
    acc = np.zeros(q.output_shape, np.int64) + q.bias
    for row, column, read in taps(q, x, q.filter.shape[1:3], q.dilation, fill=0):
        acc += read @ q.filter[:, row, column].astype(np.int64).T
    return requantize(acc, q.requant)


@evaluate.register
def _depthwise(q: p.DepthwiseConv2D, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.input_shape).astype(np.int64) - q.input_zero_point
    x = np.repeat(x, q.depth_multiplier, axis=3)
    acc = np.zeros(q.output_shape, np.int64) + q.bias
    for row, column, read in taps(q, x, q.filter.shape[:2], q.dilation, fill=0):
        acc += read * q.filter[row, column].astype(np.int64)
    return requantize(acc, q.requant)


@evaluate.register
def _transpose_conv(q: p.TransposeConv, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.input_shape).astype(np.int64) - q.input_zero_point
    acc = np.zeros(q.output_shape, np.int64) + q.bias
    _, rows, columns, _ = q.output_shape
    for y, row in np.ndindex(x.shape[1], q.filter.shape[1]):
        for z, column in np.ndindex(x.shape[2], q.filter.shape[2]):
            down = y * q.stride[0] + row - q.padding[0]
            along = z * q.stride[1] + column - q.padding[1]
            if 0 <= down < rows and 0 <= along < columns:
                acc[:, down, along] += x[:, y, z] @ q.filter[:, row, column].astype(np.int64).T
    return requantize(acc, q.requant)


@evaluate.register
def _fully_connected(q: p.FullyConnected, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.batches, -1).astype(np.int64) - q.input_zero_point
    return requantize(x @ q.filter.astype(np.int64).T + q.bias, q.requant)


@evaluate.register
def _trainable(q: p.Trainable, inputs: Sequence[Array]) -> Array:
    return evaluate(q.dense, inputs)


@evaluate.register
def _max_pool(q: p.MaxPool, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.input_shape).astype(np.int64)
    result: Array = np.full(q.output_shape, -128)
    for _, _, read in taps(q, x, q.window, (1, 1), fill=-128):
        result = np.maximum(result, read)
    return _clip(result, q.low, q.high)


@evaluate.register
def _average_pool(q: p.AveragePool, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.input_shape).astype(np.int64)
    total, count = np.zeros(q.output_shape, np.int64), np.zeros(q.output_shape, np.int64)
    ones = np.ones(q.input_shape, np.int64)
    for _, _, read in taps(q, x, q.window, (1, 1), fill=0):
        total = total + read
    for _, _, read in taps(q, ones, q.window, (1, 1), fill=0):
        count = count + read
    rounded = np.sign(total) * ((np.abs(total) + count // 2) // count)
    return _clip(rounded, q.low, q.high)


def _operands(q: p.Broadcast, inputs: Sequence[Array]) -> tuple[Ints, Ints]:
    a, b = (x.astype(np.int64) for x in inputs)
    return a.reshape(q.a_shape), b.reshape(q.b_shape)


def _raised(q: p.Sum, inputs: Sequence[Array]) -> tuple[Ints, Ints]:
    """Both operands in the scale in which they are summed."""
    a, b = _operands(q, inputs)
    a, b = (a - q.a_zero_point) << q.left_shift, (b - q.b_zero_point) << q.left_shift
    return (
        fx.multiply_by_quantized_multiplier(a, q.a_multiplier, q.a_shift),
        fx.multiply_by_quantized_multiplier(b, q.b_multiplier, q.b_shift),
    )


@evaluate.register
def _add(q: p.Add, inputs: Sequence[Array]) -> Array:
    a, b = _raised(q, inputs)
    return requantize(a + b, q.requant)


@evaluate.register
def _sub(q: p.Sub, inputs: Sequence[Array]) -> Array:
    a, b = _raised(q, inputs)
    return requantize(a - b, q.requant)


@evaluate.register
def _mul(q: p.Mul, inputs: Sequence[Array]) -> Array:
    a, b = _operands(q, inputs)
    return requantize((a - q.a_zero_point) * (b - q.b_zero_point), q.requant)


@evaluate.register
def _minimum(q: p.Minimum, inputs: Sequence[Array]) -> Array:
    return np.minimum(*_operands(q, inputs))


@evaluate.register
def _maximum(q: p.Maximum, inputs: Sequence[Array]) -> Array:
    return np.maximum(*_operands(q, inputs))


@evaluate.register
def _prelu(q: p.Prelu, inputs: Sequence[Array]) -> Array:
    x, alpha = _operands(q, inputs)
    x = x - q.input_zero_point
    product = fx.wrap_int32(x * (alpha - q.alpha_zero_point))
    negative = fx.multiply_by_quantized_multiplier(product, q.negative_multiplier, q.negative_shift)
    negative = np.asarray(np.clip(negative + q.positive.zero_point, -128, 127), np.int8)
    return np.where(x >= 0, requantize(x, q.positive), negative)


@evaluate.register
def _pad(q: p.Pad, inputs: Sequence[Array]) -> Array:
    result = np.full(q.output_shape, q.value, np.int8)
    inner = tuple(slice(b, b + n) for b, n in zip(q.before, q.input_shape, strict=True))
    result[inner] = inputs[0].reshape(q.input_shape)
    return result


@evaluate.register
def _mean(q: p.Mean, inputs: Sequence[Array]) -> Array:
    total = inputs[0].reshape(q.shape).astype(np.int64).sum(axis=q.axes)
    return requantize(np.asarray(total - q.input_zero_point * q.count), q.requant)


@evaluate.register
def _concatenation(q: p.Concatenation, inputs: Sequence[Array]) -> Array:
    return np.concatenate([x.reshape(q.outer, -1) for x in inputs], axis=1)


@evaluate.register
def _gather(q: p.Gather, inputs: Sequence[Array]) -> Array:
    axes = zip(q.shape, q.stride, strict=True)
    at = np.ix_(*(stride * np.arange(size) for size, stride in axes))
    return inputs[0].reshape(-1)[q.offset + sum(at)]


@evaluate.register
def _resize_nearest(q: p.ResizeNearest, inputs: Sequence[Array]) -> Array:
    return inputs[0].reshape(q.input_shape)[:, q.rows][:, :, q.columns]


@evaluate.register
def _resize_bilinear(q: p.ResizeBilinear, inputs: Sequence[Array]) -> Array:
    result = inputs[0].reshape(q.input_shape).astype(np.int64)
    for axis in (1, 2):
        place = np.arange(q.output_shape[axis]) * q.steps[axis - 1] + q.offsets[axis - 1]
        low = np.maximum(place // 1024, 0)
        high = np.clip(-(-place // 1024), 0, q.input_shape[axis] - 1)
        way = np.expand_dims(place - 1024 * low, tuple(range(1, 4 - axis)))
        near, far = (np.take(result, index, axis) for index in (low, high))
        result = near * (1024 - way) + far * way
    return np.asarray(np.sign(result) * (np.abs(result) + (1 << 19) >> 20), np.int8)


@evaluate.register
def _arg_max(q: p.ArgMax, inputs: Sequence[Array]) -> Array:
    return np.asarray(inputs[0].reshape(q.outer, q.size, q.inner).argmax(axis=1), np.int32)


@evaluate.register
def _arg_min(q: p.ArgMin, inputs: Sequence[Array]) -> Array:
    return np.asarray(inputs[0].reshape(q.outer, q.size, q.inner).argmin(axis=1), np.int32)


@evaluate.register(p.Copy)
@evaluate.register(p.Flip)  # domains are how bytes are kept, not what they mean
def _same(_: p.Params, inputs: Sequence[Array]) -> Array:
    return inputs[0]


@evaluate.register
def _lookup(q: p.Lookup, inputs: Sequence[Array]) -> Array:
    return q.table[inputs[0].view(np.int8).astype(np.int64) + 128]


@evaluate.register
def _softmax(q: p.Softmax, inputs: Sequence[Array]) -> Array:
    x = inputs[0].reshape(q.rows, q.depth).astype(np.int64)
    difference = x - x.max(axis=1, keepdims=True)
    counts = difference >= q.diff_min
    scaled = fx.multiply_by_quantized_multiplier(
        np.where(counts, difference, 0), q.multiplier, q.shift
    )
    exp = np.where(counts, fx.exp_on_negative_values(scaled, SOFTMAX_INTEGER_BITS), 0)
    total = fx.rounding_divide_by_pot(exp, SOFTMAX_SUM_INTEGER_BITS).sum(axis=1, keepdims=True)
    inverse, bits_over_unit = fx.reciprocal(total, SOFTMAX_SUM_INTEGER_BITS)
    product = fx.rounding_doubling_high_mul(inverse, exp)
    rounded = fx.rounding_divide_by_pot(product, bits_over_unit + 31 - 8)
    return _clip(rounded - 128, -128, 127)


@evaluate.register
def _quantize(q: p.Quantize, inputs: Sequence[Array]) -> Array:
    quotient = np.clip(inputs[0] / np.float32(q.scale), -512, 512)
    rounded = fx.round_half_away(np.nan_to_num(quotient, nan=-512)).astype(np.int64)
    return _clip(rounded + q.zero_point, -128, 127)


@evaluate.register
def _dequantize(q: p.Dequantize, inputs: Sequence[Array]) -> Array:
    return np.asarray(q.scale * (inputs[0].astype(np.int64) - q.zero_point), np.float32)


@evaluate.register
def _strips(q: p.Strips, inputs: Sequence[Array]) -> Array:
    rows = [evaluate(q.first, [row]) for row in np.reshape(inputs[0], (q.input_rows, -1))]
    outside = np.full(rows[0].size, q.second.input_zero_point, np.int8)
    strips = []
    for i in range(q.strips):
        wanted = range(i * q.advance - q.top, i * q.advance - q.top + q.strip_rows)
        strip = [rows[y] if 0 <= y < q.input_rows else outside for y in wanted]
        strips.append(evaluate(q.second, [np.concatenate([row.reshape(-1) for row in strip])]))
    return np.concatenate([strip.reshape(-1) for strip in strips])
