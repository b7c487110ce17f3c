"""SOFTMAX, LOGISTIC, the ReLUs, QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph import fixedpoint
from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier
from tinyedge.graph.ops import Dequantize, Logistic, Quantize, Relu, Softmax
from tinyedge.graph.quantized import (
    LOGISTIC_INTEGER_BITS,
    SOFTMAX_INTEGER_BITS,
    SOFTMAX_SUM_INTEGER_BITS,
    activation_range,
    logistic_parameters,
    rescale_multiplier,
    softmax_parameters,
)
from tinyedge.graph.types import Activation, Array, DType


def softmax(op: Softmax, inputs: Sequence[Array]) -> Array:
    """exp(beta * (x - max)) / sum over the last axis, in fixed point."""
    parameters = softmax_parameters(op)
    x = inputs[0].astype(np.int64)
    difference = x - x.max(axis=-1, keepdims=True)
    counts = difference >= parameters.smallest
    factor = parameters.input
    scaled = multiply_by_quantized_multiplier(
        np.where(counts, difference, 0), factor.value, factor.shift
    )
    exponentials = fixedpoint.exp_on_negative_values(scaled, SOFTMAX_INTEGER_BITS)
    addends = fixedpoint.rounding_divide_by_pot(exponentials, SOFTMAX_SUM_INTEGER_BITS)
    total = np.where(counts, addends, 0).sum(axis=-1, keepdims=True)
    inverse, bits_over_unit = fixedpoint.reciprocal(total, SOFTMAX_SUM_INTEGER_BITS)
    quotient = fixedpoint.rounding_divide_by_pot(
        fixedpoint.rounding_doubling_high_mul(inverse, exponentials), bits_over_unit + 31 - 8
    )
    return np.where(counts, np.clip(quotient - 128, -128, 127), -128).astype(np.int8)


def logistic(op: Logistic, inputs: Sequence[Array]) -> Array:
    """1 / (1 + exp(-x)) in fixed point; saturates beyond the radius."""
    parameters = logistic_parameters(op)
    x = inputs[0].astype(np.int64) - op.inputs[0].q.zero_point
    inside = np.abs(x) < parameters.radius
    factor = parameters.input
    scaled = multiply_by_quantized_multiplier(np.where(inside, x, 0), factor.value, factor.shift)
    exact = fixedpoint.logistic(scaled, LOGISTIC_INTEGER_BITS)
    rounded = np.clip(fixedpoint.rounding_divide_by_pot(exact, 31 - 8) - 128, -128, 127)
    # TFLM asks for the lower end first, which decides where the radius is 0.
    saturated = np.where(x <= -parameters.radius, -128, 127)
    return np.where(inside, rounded, saturated).astype(np.int8)


def relu(op: Relu, inputs: Sequence[Array]) -> Array:
    """RELU requantizes and clamps; RELU6 only clamps, in the input's quantization."""
    source, target = op.inputs[0].q, op.outputs[0].q
    if op.function is Activation.RELU6:
        low, high = source.zero_point, activation_range(op.function, source)[1]
        return np.clip(inputs[0], low, high).astype(np.int8)
    factor = rescale_multiplier(source, target)
    x = inputs[0].astype(np.int64) - source.zero_point
    scaled = multiply_by_quantized_multiplier(x, factor.value, factor.shift)
    low, high = activation_range(op.function, target)
    return np.clip(scaled + target.zero_point, low, high).astype(np.int8)


def quantize(op: Quantize, inputs: Sequence[Array]) -> Array:
    """float32 to int8 by a float32 division; integers by a multiplier."""
    target = op.outputs[0].q
    if op.inputs[0].dtype is DType.FLOAT32:
        # Beyond int32 C leaves the conversion undefined; every sane value lies far inside.
        with np.errstate(over="ignore", invalid="ignore"):
            quotient = inputs[0].astype(np.float32) / np.float32(target.scale)
            rounded = fixedpoint.round_half_away(quotient).astype(np.float64)
        scaled = fixedpoint.saturate_int32(rounded).astype(np.int64)
    else:
        factor = rescale_multiplier(op.inputs[0].q, target)
        x = inputs[0].astype(np.int64) - op.inputs[0].q.zero_point
        scaled = multiply_by_quantized_multiplier(x, factor.value, factor.shift)
    return _to_int8(scaled + target.zero_point)


def _to_int8(x: Ints) -> Array:
    return np.clip(x, -128, 127).astype(np.int8)


def dequantize(op: Dequantize, inputs: Sequence[Array]) -> Array:
    """(q - zero point) * scale, the product in float64, then rounded to float32."""
    source = op.inputs[0].q
    real: Array = source.scale * (inputs[0].astype(np.int64) - source.zero_point)
    return real.astype(np.float32)
