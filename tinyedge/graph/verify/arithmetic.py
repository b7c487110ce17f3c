"""Rules of the functions of two elements."""

from __future__ import annotations

from tinyedge.graph.geometry import broadcast
from tinyedge.graph.ops import Add, Binary, Maximum, Minimum, Mul, Prelu, Sub
from tinyedge.graph.quantized import (
    Multiplier,
    add_output_factor,
    mul_multiplier,
    prelu_parameters,
    sub_output_factor,
)
from tinyedge.graph.verify.checker import Checker


def add(check: Checker, op: Add) -> None:
    """TFLM ends the program where the factor of the sum is not below 1."""
    _check_shapes(check, op, rank=6)
    if check.int8(*op.inputs, op.outputs[0]):
        _check_sum(check, add_output_factor(op))
        check.expect_activation(op.activation, op.outputs[0].q)


def sub(check: Checker, op: Sub) -> None:
    """As ADD."""
    _check_shapes(check, op, rank=5)
    if check.int8(*op.inputs, op.outputs[0]):
        _check_sum(check, sub_output_factor(op))
        check.expect_activation(op.activation, op.outputs[0].q)


def mul(check: Checker, op: Mul) -> None:
    """Any scales."""
    _check_shapes(check, op, rank=6)
    if check.int8(*op.inputs, op.outputs[0]):
        check.expect_shift(mul_multiplier(op).shift)
        check.expect_activation(op.activation, op.outputs[0].q)


def extremum(check: Checker, op: Minimum | Maximum) -> None:
    """All tensors have one quantization, for nothing is rescaled."""
    _check_shapes(check, op, rank=5)
    for operand in op.inputs:
        if operand.dtype is not op.outputs[0].dtype:
            check.fail(f"reads {operand.dtype.value} and writes {op.outputs[0].dtype.value}")
        if check.int8(operand, op.outputs[0]):
            check.expect_same_quant(operand, op.outputs[0])


def prelu(check: Checker, op: Prelu) -> None:
    """Alpha is broadcast to the input."""
    _check_shapes(check, op, rank=4)
    check.expect_shape(op.outputs[0], op.inputs[0].shape)
    if check.int8(*op.inputs, op.outputs[0]):
        parameters = prelu_parameters(op)
        check.expect_shift(max(parameters.positive.shift, parameters.negative.shift))


def _check_sum(check: Checker, output_factor: float) -> None:
    if Multiplier.of(output_factor).shift > 0:
        check.fail("the inputs' scales are over 2**19 times the output's")


def _check_shapes(check: Checker, op: Binary, rank: int) -> None:
    first, second = op.inputs
    for tensor in op.inputs:
        check.expect_rank(tensor, 0, rank)
    shape = broadcast(first.shape, second.shape)
    if shape is None:
        check.fail(f"{list(first.shape)} and {list(second.shape)} do not broadcast")
    check.expect_shape(op.outputs[0], shape)
