"""The integer parameters of each operator: what TensorFlow Lite Micro's Prepare derives.

Everything here follows TFLM's ``micro/kernels/*_common.cc`` and ``kernels/kernel_util.cc`` to
the last bit, including which products are taken in float32 and which in float64: a multiplier
that differs in its last bit changes outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.graph.fixedpoint import input_radius, quantize_multiplier, round_half_away
from tinyedge.graph.ops import (
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    HardSwish,
    LeakyRelu,
    Logistic,
    Mean,
    Mul,
    Prelu,
    Softmax,
    Sub,
    Tanh,
    TransposeConv,
)
from tinyedge.graph.types import Activation, DType, Quant

ADD_LEFT_SHIFT = 20
"""Bits by which ADD raises its operands before scaling them."""
SOFTMAX_INTEGER_BITS = 5
SOFTMAX_SUM_INTEGER_BITS = 12
SIGMOID_INTEGER_BITS = 4
HARD_SWISH_LEFT_SHIFT = 7
"""Bits by which HARD_SWISH raises its input before it multiplies int16 values."""

_LIMITS = {DType.INT8: (-128, 127), DType.UINT8: (0, 255)}
# Real bounds of the fused activations; None stands for the type's own limit.
_BOUNDS: dict[Activation, tuple[float | None, float | None]] = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU6: (0.0, 6.0),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
}


@dataclass(frozen=True)
class Multiplier:
    """A real factor value * 2**(shift - 31)."""

    value: int
    shift: int

    @staticmethod
    def of(real: float) -> Multiplier:
        """Return the nearest multiplier to ``real``."""
        return Multiplier(*quantize_multiplier(real))


@dataclass(frozen=True)
class SumParameters:
    """Factors of the two operands of ADD or SUB, and of the result."""

    first: Multiplier
    second: Multiplier
    output: Multiplier


@dataclass(frozen=True)
class SoftmaxParameters:
    """Factor of the differences, and the difference below which exp counts as 0."""

    input: Multiplier
    smallest: int


@dataclass(frozen=True)
class SigmoidParameters:
    """LOGISTIC and TANH: factor of the input, and the |input| from which the output saturates."""

    input: Multiplier
    radius: int


@dataclass(frozen=True)
class LeakyReluParameters:
    """LEAKY_RELU and PRELU: factors of positive and of negative inputs, less alpha's sign."""

    positive: Multiplier
    negative: Multiplier


@dataclass(frozen=True)
class HardSwishParameters:
    """Factors (15 bits) of the raised input, to the output's scale and to where 3.0 is 2**15."""

    output: Multiplier
    gate: Multiplier


def quantize_float(real: float, quant: Quant) -> int:
    """Return ``real`` in ``quant``, not clamped; the division is in float32 as in TFLM."""
    quotient = np.float32(real) / np.float32(quant.scale)
    return quant.zero_point + int(round_half_away(quotient))


def activation_range(
    activation: Activation, quant: Quant, dtype: DType = DType.INT8
) -> tuple[int, int]:
    """Return the lowest and highest output that a fused activation lets through."""
    low, high = _LIMITS[dtype]
    real_low, real_high = _BOUNDS[activation]
    if real_low is not None:
        low = max(low, quantize_float(real_low, quant))
    if real_high is not None:
        high = min(high, quantize_float(real_high, quant))
    return low, high


def output_multipliers(
    op: Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return multipliers and shifts, one an output channel.

    All products are in float64. There are sources of TFLM that multiply the two scales of a
    per-tensor FULLY_CONNECTED in float32; the oracle does not, as its answers on both sides of
    every rounding boundary show.
    """
    source, output = op.inputs[0].q.scale, op.outputs[0].q.scale
    products = [source * scale for scale in op.filter.q.scales]
    pairs = [quantize_multiplier(product / output) for product in products]
    if len(pairs) == 1:
        pairs *= op.outputs[0].shape[-1]
    multipliers, shifts = zip(*pairs, strict=True)
    return np.array(multipliers, np.int32), np.array(shifts, np.int32)


def add_parameters(op: Add) -> SumParameters:
    """Return ADD's three factors; both operand factors are at most 1/2."""
    first, second = (tensor.q.scale for tensor in op.inputs)
    twice_larger = 2 * max(first, second)
    return SumParameters(
        first=Multiplier.of(first / twice_larger),
        second=Multiplier.of(second / twice_larger),
        output=Multiplier.of(add_output_factor(op)),
    )


def add_output_factor(op: Add) -> float:
    """Return the real factor of ADD's sum, which TFLM requires to be below 1."""
    larger = max(tensor.q.scale for tensor in op.inputs)
    return 2 * larger / ((1 << ADD_LEFT_SHIFT) * op.outputs[0].q.scale)


def sub_parameters(op: Sub) -> SumParameters:
    """Return SUB's three factors. Unlike ADD's, the real ones are float32."""
    first, second = (np.float32(tensor.q.scale) for tensor in op.inputs)
    twice_larger = np.float32(2) * max(first, second)
    return SumParameters(
        first=Multiplier.of(float(first / twice_larger)),
        second=Multiplier.of(float(second / twice_larger)),
        output=Multiplier.of(sub_output_factor(op)),
    )


def sub_output_factor(op: Sub) -> float:
    """Return the real factor of SUB's difference, which TFLM requires to be below 1."""
    larger = max(np.float32(tensor.q.scale) for tensor in op.inputs)
    raised = np.float32(1 << ADD_LEFT_SHIFT) * np.float32(op.outputs[0].q.scale)
    return float(np.float32(2) * larger / raised)


def prelu_parameters(op: Prelu) -> LeakyReluParameters:
    """Return PRELU's two factors; alpha's scale is in the second."""
    source, alpha = (tensor.q.scale for tensor in op.inputs)
    target = op.outputs[0].q.scale
    return LeakyReluParameters(
        positive=Multiplier.of(source / target),
        negative=Multiplier.of(source * alpha / target),
    )


def mul_multiplier(op: Mul) -> Multiplier:
    """Return the factor of MUL's product."""
    first, second = (tensor.q.scale for tensor in op.inputs)
    return Multiplier.of(first * second / op.outputs[0].q.scale)


def rescale_multiplier(source: Quant, target: Quant) -> Multiplier:
    """Return the factor of QUANTIZE and RELU between two integer tensors."""
    return Multiplier.of(source.scale / target.scale)


def mean_multiplier(op: Mean) -> Multiplier:
    """Return the factor of MEAN's sum: the rescaling with 1 / count folded in."""
    base = rescale_multiplier(op.inputs[0].q, op.outputs[0].q)
    count = mean_count(op)
    shift = min(count.bit_length() - 1, 32, 31 + base.shift)
    return Multiplier((base.value << shift) // count, base.shift - shift)


def mean_count(op: Mean) -> int:
    """Return how many inputs each output averages."""
    count = 1
    for axis in op.axes:
        count *= op.inputs[0].shape[axis]
    return count


def softmax_factor(op: Softmax) -> float:
    """Return the real factor of SOFTMAX's differences, which TFLM requires to be above 1."""
    scaled = op.beta * op.inputs[0].q.scale * (1 << (31 - SOFTMAX_INTEGER_BITS))
    return min(scaled, (1 << 31) - 1.0)


def softmax_parameters(op: Softmax) -> SoftmaxParameters:
    """Return SOFTMAX's factor and cut-off."""
    factor = Multiplier.of(softmax_factor(op))
    return SoftmaxParameters(factor, -input_radius(SOFTMAX_INTEGER_BITS, factor.shift))


def sigmoid_parameters(op: Logistic | Tanh) -> SigmoidParameters:
    """Return the factor and radius of LOGISTIC and TANH."""
    factor = Multiplier.of(op.inputs[0].q.scale * (1 << (31 - SIGMOID_INTEGER_BITS)))
    return SigmoidParameters(factor, input_radius(SIGMOID_INTEGER_BITS, factor.shift))


def leaky_relu_parameters(op: LeakyRelu) -> LeakyReluParameters:
    """Return LEAKY_RELU's two factors; the real ones are float32."""
    source, target = (np.float32(tensor.q.scale) for tensor in (op.inputs[0], op.outputs[0]))
    return LeakyReluParameters(
        positive=Multiplier.of(float(source / target)),
        negative=Multiplier.of(abs(float(source * np.float32(op.alpha) / target))),
    )


def hard_swish_parameters(op: HardSwish) -> HardSwishParameters:
    """Return HARD_SWISH's two factors; the real ones are float32."""
    source, target = (np.float32(tensor.q.scale) for tensor in (op.inputs[0], op.outputs[0]))
    raised = source / np.float32(1 << HARD_SWISH_LEFT_SHIFT)
    three = np.float32(3.0 / 32768.0)
    return HardSwishParameters(
        output=_multiplier_int16(float(raised / target)),
        gate=_multiplier_int16(float(raised / three)),
    )


def _multiplier_int16(real: float) -> Multiplier:
    """The multiplier with 15 bits instead of 31."""
    factor = Multiplier.of(real)
    return Multiplier(min((factor.value + (1 << 15)) >> 16, (1 << 15) - 1), factor.shift)
