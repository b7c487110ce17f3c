"""Functions of two elements, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier, wrap_int32
from tinyedge.graph.ops import Add, Binary, Maximum, Minimum, Mul, Prelu, Sub
from tinyedge.graph.quantized import (
    ADD_LEFT_SHIFT,
    Multiplier,
    SumParameters,
    activation_range,
    add_parameters,
    mul_multiplier,
    prelu_parameters,
    sub_parameters,
)
from tinyedge.graph.types import Activation, Array


def add(op: Add, inputs: Sequence[Array]) -> Array:
    """Both operands brought to twice the larger scale with 20 bits to spare, then summed."""
    parameters = add_parameters(op)
    first, second = _raised(op, inputs, parameters)
    return _output(op, _scaled(first + second, parameters.output), op.activation)


def sub(op: Sub, inputs: Sequence[Array]) -> Array:
    """As add, but the second operand is taken from the first."""
    parameters = sub_parameters(op)
    first, second = _raised(op, inputs, parameters)
    return _output(op, _scaled(first - second, parameters.output), op.activation)


def mul(op: Mul, inputs: Sequence[Array]) -> Array:
    """Product of the operands less their zero points, requantized."""
    first, second = _shifted(op, inputs)
    scaled = _scaled(wrap_int32(first * second), mul_multiplier(op))
    return _output(op, scaled, op.activation)


def minimum(_: Minimum, inputs: Sequence[Array]) -> Array:
    """All tensors have one quantization."""
    return np.minimum(*inputs)


def maximum(_: Maximum, inputs: Sequence[Array]) -> Array:
    """All tensors have one quantization."""
    return np.maximum(*inputs)


def prelu(op: Prelu, inputs: Sequence[Array]) -> Array:
    """Positive inputs have a factor of their own."""
    parameters = prelu_parameters(op)
    x, alpha = _shifted(op, inputs)
    negative = _scaled(wrap_int32(x * alpha), parameters.negative)
    return _output(op, np.where(x >= 0, _scaled(x, parameters.positive), negative))


def _shifted(op: Binary, inputs: Sequence[Array]) -> list[Ints]:
    """Both operands less their zero points."""
    return [
        x.astype(np.int64) - tensor.q.zero_point
        for x, tensor in zip(inputs, op.inputs, strict=True)
    ]


def _raised(op: Binary, inputs: Sequence[Array], parameters: SumParameters) -> list[Ints]:
    """Both operands in the scale in which they are summed."""
    factors = (parameters.first, parameters.second)
    return [
        _scaled(x << ADD_LEFT_SHIFT, factor)
        for x, factor in zip(_shifted(op, inputs), factors, strict=True)
    ]


def _scaled(x: Ints, factor: Multiplier) -> Ints:
    return multiply_by_quantized_multiplier(x, factor.value, factor.shift)


def _output(op: Binary, scaled: Ints, activation: Activation = Activation.NONE) -> Array:
    output = op.outputs[0].q
    low, high = activation_range(activation, output)
    return np.clip(scaled + output.zero_point, low, high).astype(np.int8)
