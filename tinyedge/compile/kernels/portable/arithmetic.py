"""Functions of two elements, with broadcasting."""

from __future__ import annotations

from tinyedge.compile import params as p
from tinyedge.compile.kernels import strides
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import InPlace, one_multiplier
from tinyedge.compile.program import Node


class Broadcast(InPlace):
    """A kernel that needs the operands' strides alone: MINIMUM and MAXIMUM."""

    def __init__(self, name: str, family: type[p.Broadcast], per_output: float) -> None:
        super().__init__(name, "te_arithmetic.c")
        self.family = family
        self.per_output = per_output

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Broadcast)
        return strides.broadcast(q.output_shape, q.a_shape, q.b_shape)


class Sum(Broadcast):
    """ADD and SUB."""

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Sum)
        return (
            *super().fields(node),
            ("left_shift", q.left_shift),
            ("a_zero_point", q.a_zero_point),
            ("a_multiplier", q.a_multiplier),
            ("a_shift", q.a_shift),
            ("b_zero_point", q.b_zero_point),
            ("b_multiplier", q.b_multiplier),
            ("b_shift", q.b_shift),
            *one_multiplier(q.requant),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


class Mul(Broadcast):
    """MUL."""

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Mul)
        return (
            *super().fields(node),
            ("a_zero_point", q.a_zero_point),
            ("b_zero_point", q.b_zero_point),
            *one_multiplier(q.requant),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


class Prelu(Broadcast):
    """PRELU."""

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Prelu)
        return (
            *super().fields(node),
            ("input_zero_point", q.input_zero_point),
            ("alpha_zero_point", q.alpha_zero_point),
            *one_multiplier(q.positive),
            ("alpha_multiplier", q.negative_multiplier),
            ("alpha_shift", q.negative_shift),
        )
