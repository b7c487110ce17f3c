"""Rules of ADD and MUL."""

from __future__ import annotations

from tinyedge.graph.geometry import broadcast
from tinyedge.graph.ops import Add, Mul
from tinyedge.graph.quantized import Multiplier, add_output_factor, mul_multiplier
from tinyedge.graph.verify.checker import Checker


def add(check: Checker, op: Add) -> None:
    """TFLM ends the program where the factor of the sum is not below 1."""
    _check_shapes(check, op)
    if check.int8(*op.inputs, op.outputs[0]):
        if Multiplier.of(add_output_factor(op)).shift > 0:
            check.fail("the inputs' scales are over 2**19 times the output's")
        check.expect_activation(op.activation, op.outputs[0].q)


def mul(check: Checker, op: Mul) -> None:
    """Any scales."""
    _check_shapes(check, op)
    if check.int8(*op.inputs, op.outputs[0]):
        check.expect_shift(mul_multiplier(op).shift)
        check.expect_activation(op.activation, op.outputs[0].q)


def _check_shapes(check: Checker, op: Add | Mul) -> None:
    first, second = op.inputs
    for tensor in op.inputs:
        check.expect_rank(tensor, 0, 6)
    shape = broadcast(first.shape, second.shape)
    if shape is None:
        check.fail(f"{list(first.shape)} and {list(second.shape)} do not broadcast")
    check.expect_shape(op.outputs[0], shape)
