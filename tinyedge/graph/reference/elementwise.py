"""Functions of one element, and SOFTMAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tinyedge.graph import fixedpoint
from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier
from tinyedge.graph.ops import (
    Dequantize,
    HardSwish,
    LeakyRelu,
    Logistic,
    Quantize,
    Relu,
    Softmax,
    Tanh,
)
from tinyedge.graph.quantized import (
    HARD_SWISH_LEFT_SHIFT,
    SIGMOID_INTEGER_BITS,
    SOFTMAX_INTEGER_BITS,
    SOFTMAX_SUM_INTEGER_BITS,
    Multiplier,
    activation_range,
    hard_swish_parameters,
    leaky_relu_parameters,
    rescale_multiplier,
    sigmoid_parameters,
    softmax_parameters,
)
from tinyedge.graph.types import Activation, Array, DType


def softmax(op: Softmax, inputs: Sequence[Array]) -> Array:
    """exp(beta * (x - max)) / sum over the last axis, in fixed point."""
    parameters = softmax_parameters(op)
    x = inputs[0].astype(np.int64)
    difference = x - x.max(axis=-1, keepdims=True)
    counts = difference >= parameters.smallest
    scaled = _scaled(np.where(counts, difference, 0), parameters.input)
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
    return _sigmoid(
        op, inputs[0], lambda x: _rounded(fixedpoint.logistic(x, SIGMOID_INTEGER_BITS), 8) - 128
    )


def tanh(op: Tanh, inputs: Sequence[Array]) -> Array:
    """Hyperbolic tangent in fixed point; saturates beyond the radius."""
    return _sigmoid(op, inputs[0], lambda x: _rounded(fixedpoint.tanh(x, SIGMOID_INTEGER_BITS), 7))


def _sigmoid(op: Logistic | Tanh, values: Array, function: Callable[[Ints], Ints]) -> Array:
    """``function`` of the input brought to Q4.27; the ends of int8 beyond the radius."""
    parameters = sigmoid_parameters(op)
    x = values.astype(np.int64) - op.inputs[0].q.zero_point
    inside = np.abs(x) < parameters.radius
    # TFLM asks for the lower end first, which decides where the radius is 0.
    saturated = np.where(x <= -parameters.radius, -128, 127)
    return _to_int8(
        np.where(inside, function(_scaled(np.where(inside, x, 0), parameters.input)), saturated)
    )


def _rounded(fraction: Ints, bits: int) -> Ints:
    """Q0.31 to an integer with ``bits`` fractional bits."""
    return fixedpoint.rounding_divide_by_pot(fraction, 31 - bits)


def leaky_relu(op: LeakyRelu, inputs: Sequence[Array]) -> Array:
    """Positive and negative inputs have a factor each."""
    parameters = leaky_relu_parameters(op)
    x = inputs[0].astype(np.int64) - op.inputs[0].q.zero_point
    negative = _scaled(x, parameters.negative) * (-1 if op.alpha < 0 else 1)
    scaled = np.where(x >= 0, _scaled(x, parameters.positive), negative)
    return _to_int8(scaled + op.outputs[0].q.zero_point)


def hard_swish(op: HardSwish, inputs: Sequence[Array]) -> Array:
    """The input times a gate that rises from 0 at -3 to 1 at 3, all in int16."""
    parameters = hard_swish_parameters(op)
    x = (inputs[0].astype(np.int64) - op.inputs[0].q.zero_point) << HARD_SWISH_LEFT_SHIFT
    scaled = fixedpoint.rounding_doubling_high_mul_int16(x, parameters.output.value)
    gate = (_saturating_scaled_int16(x, parameters.gate) + (1 << 15)) >> 1
    product = np.sign(scaled) * (gate * np.abs(scaled) >> 15)
    rounded = fixedpoint.rounding_divide_by_pot(product, -parameters.output.shift)
    return _to_int8(rounded + op.outputs[0].q.zero_point)


def _saturating_scaled_int16(x: Ints, factor: Multiplier) -> Ints:
    """All but one bit of a left shift comes first, as far as int16 goes: it keeps precision."""
    raised = fixedpoint.saturate_int16(x << max(factor.shift - 1, 0))
    scaled = fixedpoint.rounding_doubling_high_mul_int16(raised, factor.value)
    if factor.shift > 0:
        return fixedpoint.saturate_int16(scaled << 1)
    return fixedpoint.rounding_divide_by_pot(scaled, -factor.shift)


def relu(op: Relu, inputs: Sequence[Array]) -> Array:
    """RELU requantizes and clamps; RELU6 only clamps, in the input's quantization."""
    source, target = op.inputs[0].q, op.outputs[0].q
    if op.function is Activation.RELU6:
        low, high = source.zero_point, activation_range(op.function, source)[1]
        return np.clip(inputs[0], low, high).astype(np.int8)
    factor = rescale_multiplier(source, target)
    scaled = _scaled(inputs[0].astype(np.int64) - source.zero_point, factor)
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
        scaled = _scaled(inputs[0].astype(np.int64) - op.inputs[0].q.zero_point, factor)
    return _to_int8(scaled + target.zero_point)


def _scaled(x: Ints, factor: Multiplier) -> Ints:
    return multiply_by_quantized_multiplier(x, factor.value, factor.shift)


def _to_int8(x: Ints) -> Array:
    return np.clip(x, -128, 127).astype(np.int8)


def dequantize(op: Dequantize, inputs: Sequence[Array]) -> Array:
    """(q - zero point) * scale, the product in float64, then rounded to float32."""
    source = op.inputs[0].q
    real: Array = source.scale * (inputs[0].astype(np.int64) - source.zero_point)
    return real.astype(np.float32)
