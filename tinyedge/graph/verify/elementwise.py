"""Rules of the functions of one element, and of SOFTMAX."""

from __future__ import annotations

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
    hard_swish_parameters,
    leaky_relu_parameters,
    rescale_multiplier,
    sigmoid_parameters,
    softmax_factor,
)
from tinyedge.graph.types import Activation, DType, Op
from tinyedge.graph.verify.checker import Checker

PROBABILITY_SCALE = 1 / 256
PROBABILITY_ZERO_POINT = -128
_INT16_BITS = 15
_MAX_CLASSES = 511
"""512 equal inputs overflow the accumulator of TFLM's SOFTMAX, which then ends the program."""


def softmax(check: Checker, op: Softmax) -> None:
    """Over the last axis; the output's quantization is fixed."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 1, 6)
    check.expect_shape(target, source.shape)
    if not check.int8(source, target):
        return
    if source.shape[-1] > _MAX_CLASSES:
        check.fail(f"{source.shape[-1]} classes; at most {_MAX_CLASSES} are supported")
    check.expect_quant(target, PROBABILITY_SCALE, PROBABILITY_ZERO_POINT)
    if softmax_factor(op) <= 1:
        check.fail(f"the input's scale {source.q.scale:.9g} is too small")


def logistic(check: Checker, op: Logistic) -> None:
    """The output's quantization is fixed."""
    _sigmoid(check, op, PROBABILITY_SCALE, PROBABILITY_ZERO_POINT)


def tanh(check: Checker, op: Tanh) -> None:
    """The output's quantization is fixed."""
    _sigmoid(check, op, 1 / 128, 0)


def _sigmoid(check: Checker, op: Logistic | Tanh, scale: float, zero_point: int) -> None:
    source, target = op.inputs[0], op.outputs[0]
    _check_same_shape(check, op)
    if check.int8(source, target):
        check.expect_quant(target, scale, zero_point)
        if source.q.scale * (1 << 27) < 1 or sigmoid_parameters(op).input.shift < 0:
            check.fail(f"the input's scale {source.q.scale:.9g} is too small")


def leaky_relu(check: Checker, op: LeakyRelu) -> None:
    """Any alpha, a negative one too."""
    _check_same_shape(check, op)
    if check.int8(op.inputs[0], op.outputs[0]):
        parameters = leaky_relu_parameters(op)
        check.expect_shift(max(parameters.positive.shift, parameters.negative.shift))


def hard_swish(check: Checker, op: HardSwish) -> None:
    """TFLM refuses an output much finer than the input; int16 holds shifts of 15 to the right."""
    _check_same_shape(check, op)
    if check.int8(op.inputs[0], op.outputs[0]):
        parameters = hard_swish_parameters(op)
        if not -_INT16_BITS <= parameters.output.shift <= 0:
            check.fail("the output's scale is not 1/128 to 256 times the input's")
        if parameters.gate.shift < -_INT16_BITS:
            check.fail(f"the input's scale {op.inputs[0].q.scale:.9g} is too small")
        check.expect_shift(parameters.gate.shift)


def relu(check: Checker, op: Relu) -> None:
    """RELU may requantize; RELU6 keeps the input's quantization."""
    _check_same_shape(check, op)
    if check.int8(op.inputs[0], op.outputs[0]):
        source, target = op.inputs[0].q, op.outputs[0].q
        check.expect_shift(rescale_multiplier(source, target).shift)
        check.expect_activation(op.function, source if op.function is Activation.RELU6 else target)


def quantize(check: Checker, op: Quantize) -> None:
    """float32 or int8 to int8."""
    _check_same_shape(check, op)
    if op.inputs[0].dtype is DType.FLOAT32:
        check.int8(op.outputs[0])
    elif check.int8(op.inputs[0], op.outputs[0]):
        check.expect_shift(rescale_multiplier(op.inputs[0].q, op.outputs[0].q).shift)


def dequantize(check: Checker, op: Dequantize) -> None:
    """int8 to float32."""
    _check_same_shape(check, op)
    if op.outputs[0].dtype is not DType.FLOAT32:
        check.fail(f"writes {op.outputs[0].dtype.value}, not float32")
    check.int8(op.inputs[0])


def _check_same_shape(check: Checker, op: Op) -> None:
    check.expect_rank(op.inputs[0], 0, 6)
    check.expect_shape(op.outputs[0], op.inputs[0].shape)
