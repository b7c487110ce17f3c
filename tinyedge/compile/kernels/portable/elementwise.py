"""Functions of one element, and SOFTMAX."""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import InPlace, Portable
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node
from tinyedge.graph import fixedpoint as fx


class Lookup(InPlace):
    """Any function of one byte."""

    family = p.Lookup
    per_output = 6.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Lookup)
        by_byte = np.roll(q.table, 128)
        return (("size", q.size), ("table", Constant("table", by_byte)))


class Quantize(Portable):
    """QUANTIZE from float32: four bytes are read before one is written."""

    family = p.Quantize

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Quantize)
        return (("size", q.size), ("scale", q.scale), ("zero_point", q.zero_point))

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(lead=0, lag=node.inputs[operand].bytes)


class Dequantize(Portable):
    """DEQUANTIZE to float32."""

    family = p.Dequantize

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Dequantize)
        return (("size", q.size), ("scale", q.scale), ("zero_point", q.zero_point))

    def overlap(self, node: Node, operand: int) -> Overlap:
        # bytes 4i..4i+3 are written when bytes up to i were read; nothing is read after the last
        size = node.inputs[operand].bytes
        return Overlap(lead=max(0, 3 * size - 3), lag=size)


class Softmax(Portable):
    """SOFTMAX; exp of every difference that counts comes from a table."""

    family = p.Softmax
    per_output = 80.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Softmax)
        table = softmax_exp(q)
        return (
            ("rows", q.rows),
            ("depth", q.depth),
            ("entries", len(table)),
            ("exp", Constant("exp", table)),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(lead=0, lag=node.inputs[operand].bytes)


def softmax_exp(q: p.Softmax) -> p.Int32Array:
    """exp(-i * scale * beta) in Q0.31 for each difference i that is not below ``diff_min``."""
    differences = -np.arange(min(255, -q.diff_min) + 1, dtype=np.int64)
    scaled = fx.multiply_by_quantized_multiplier(differences, q.multiplier, q.shift)
    return fx.exp_on_negative_values(scaled, 5).astype(np.int32)
