"""ADD and MUL with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinyedge.graph.fixedpoint import Ints, multiply_by_quantized_multiplier, wrap_int32
from tinyedge.graph.ops import Add, Mul
from tinyedge.graph.quantized import (
    ADD_LEFT_SHIFT,
    Multiplier,
    activation_range,
    add_parameters,
    mul_multiplier,
)
from tinyedge.graph.types import Array


def add(op: Add, inputs: Sequence[Array]) -> Array:
    """Both operands brought to twice the larger scale with 20 bits to spare, then summed."""
    parameters = add_parameters(op)
    first, second = (
        _scaled((x.astype(np.int64) - tensor.q.zero_point) << ADD_LEFT_SHIFT, factor)
        for x, tensor, factor in zip(
            inputs, op.inputs, (parameters.first, parameters.second), strict=True
        )
    )
    return _output(op, _scaled(first + second, parameters.output))


def mul(op: Mul, inputs: Sequence[Array]) -> Array:
    """Product of the operands less their zero points, requantized."""
    first, second = (
        x.astype(np.int64) - tensor.q.zero_point
        for x, tensor in zip(inputs, op.inputs, strict=True)
    )
    return _output(op, _scaled(wrap_int32(first * second), mul_multiplier(op)))


def _scaled(x: Ints, factor: Multiplier) -> Ints:
    return multiply_by_quantized_multiplier(x, factor.value, factor.shift)


def _output(op: Add | Mul, scaled: Ints) -> Array:
    output = op.outputs[0].q
    low, high = activation_range(op.activation, output)
    return np.clip(scaled + output.zero_point, low, high).astype(np.int8)
