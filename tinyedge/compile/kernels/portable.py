"""Plain C11 kernels (``runtime/aot/kernels/portable``): every family, every core.

Zero points are folded into the biases: sum((x - z) * w) + b = sum(x * w) + (b - z * sum(w)), with
padding read as z. The C accumulates modulo 2**32, so that this holds for any bias.
"""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing, strides
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node
from tinyedge.graph import fixedpoint as fx


class _Portable(Kernel):
    """A kernel that takes every node of one family. Costs are rough instruction counts."""

    family: type[p.Params]
    per_mac = 0.0
    per_output = 20.0

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.sources = (f"portable/{source}",)

    def applies(self, node: Node) -> bool:
        return isinstance(node.params, self.family)

    def cost(self, node: Node) -> int:
        return int(self.per_mac * node.macs + self.per_output * node.output.bytes)


class _InPlace(_Portable):
    """Reads element i before it writes element i: the output may lie on or before an input."""

    def overlap(self, node: Node, operand: int) -> Overlap:
        value = node.inputs[operand]
        if value.bytes != node.output.bytes:  # repeated elements are read again
            return super().overlap(node, operand)
        return Overlap(lead=0, lag=value.bytes)


def _pixel_by_pixel(node: Node, q: p.Conv2D | p.DepthwiseConv2D | p.Pool) -> Overlap:
    lead = packing.window_lead(q.input_shape, q.output_shape, q.stride, q.padding)
    return Overlap(min(lead, node.output.bytes), node.inputs[0].bytes)


class Conv2D(_Portable):
    """CONV_2D of any shape."""

    family = p.Conv2D
    per_mac = 2.6

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Conv2D)
        size = (q.filter.shape[1], q.filter.shape[2])
        return (
            *packing.window(q, size, q.dilation),
            ("input_channels", q.input_shape[3]),
            ("output_channels", q.output_shape[3]),
            ("input_zero_point", q.input_zero_point),
            ("weights", Constant("weights", packing.channel_blocks(q.filter))),
            *packing.output_stage(q.filter, q.bias, q.input_zero_point, q.requant),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Conv2D)
        return _pixel_by_pixel(node, node.params)


class PointwiseConv2D(_Portable):
    """CONV_2D with a 1x1 filter and stride 1: every pixel is a row of FULLY_CONNECTED."""

    family = p.Conv2D
    per_mac = 2.4

    def applies(self, node: Node) -> bool:
        q = node.params
        return (
            isinstance(q, p.Conv2D)
            and q.filter.shape[1:3] == (1, 1)
            and q.stride == (1, 1)
            and q.padding == (0, 0)
            and q.input_shape[:3] == q.output_shape[:3]
        )

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Conv2D)
        rows = q.output_shape[0] * q.output_shape[1] * q.output_shape[2]
        filters = q.filter.reshape(q.output_shape[3], q.input_shape[3])
        return _matrix(rows, filters, q.bias, q.input_zero_point, q.requant)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Conv2D)
        return _pixel_by_pixel(node, node.params)


class FullyConnected(_Portable):
    """FULLY_CONNECTED."""

    family = p.FullyConnected
    per_mac = 2.4

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        return _matrix(q.batches, q.filter, q.bias, q.input_zero_point, q.requant)

    def overlap(self, node: Node, operand: int) -> Overlap:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        outputs, inputs = q.filter.shape
        lead = packing.window_lead(
            (1, 1, q.batches, inputs), (1, 1, q.batches, outputs), (1, 1), (0, 0)
        )
        return Overlap(min(lead, node.output.bytes), node.inputs[operand].bytes)


def _matrix(
    rows: int, filters: p.Int8Array, bias: p.Int32Array, zero: int, requant: p.Requantization
) -> Fields:
    return (
        ("rows", rows),
        ("inputs", filters.shape[1]),
        ("outputs", filters.shape[0]),
        ("weights", Constant("weights", packing.channel_blocks(filters))),
        *packing.output_stage(filters, bias, zero, requant),
    )


class DepthwiseConv2D(_Portable):
    """DEPTHWISE_CONV_2D, any depth multiplier."""

    family = p.DepthwiseConv2D
    per_mac = 20.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.DepthwiseConv2D)
        size = (q.filter.shape[0], q.filter.shape[1])
        filters = np.ascontiguousarray(np.moveaxis(q.filter, 2, 0))
        return (
            *packing.window(q, size, q.dilation),
            ("input_channels", q.input_shape[3]),
            ("depth_multiplier", q.depth_multiplier),
            ("input_zero_point", q.input_zero_point),
            ("weights", Constant("weights", packing.channel_blocks(filters))),
            *packing.output_stage(filters, q.bias, q.input_zero_point, q.requant),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.DepthwiseConv2D)
        return _pixel_by_pixel(node, node.params)


class Pool(_Portable):
    """MAX_POOL_2D and AVERAGE_POOL_2D."""

    def __init__(self, name: str, family: type[p.Pool]) -> None:
        super().__init__(name, "te_pool.c")
        self.family = family

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.Pool)
        return (20 + 5 * q.window[0] * q.window[1]) * node.output.bytes

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Pool)
        return (
            *packing.window(q, q.window, (1, 1)),
            ("channels", q.input_shape[3]),
            ("low", q.low),
            ("high", q.high),
        )

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Pool)
        return _pixel_by_pixel(node, node.params)


class Add(_InPlace):
    """ADD with broadcasting."""

    family = p.Add
    per_output = 60.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Add)
        return (
            *strides.broadcast(q.output_shape, q.a_shape, q.b_shape),
            ("left_shift", q.left_shift),
            ("a_zero_point", q.a_zero_point),
            ("a_multiplier", q.a_multiplier),
            ("a_shift", q.a_shift),
            ("b_zero_point", q.b_zero_point),
            ("b_multiplier", q.b_multiplier),
            ("b_shift", q.b_shift),
            *_single(q.requant),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


class Mul(_InPlace):
    """MUL with broadcasting."""

    family = p.Mul
    per_output = 30.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Mul)
        return (
            *strides.broadcast(q.output_shape, q.a_shape, q.b_shape),
            ("a_zero_point", q.a_zero_point),
            ("b_zero_point", q.b_zero_point),
            *_single(q.requant),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


def _single(requant: p.Requantization) -> Fields:
    return (
        ("multiplier", int(requant.multipliers[0])),
        ("shift", int(requant.shifts[0])),
        ("zero_point", requant.zero_point),
    )


class Pad(_Portable):
    """PAD and PADV2."""

    family = p.Pad
    per_output = 2.0

    def applies(self, node: Node) -> bool:
        q = node.params
        return isinstance(q, p.Pad) and strides.pad(q) is not None

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Pad)
        merged = strides.pad(q)
        assert merged is not None
        return (*merged, ("value", q.value))


class Mean(_Portable):
    """MEAN over any axes."""

    family = p.Mean

    def applies(self, node: Node) -> bool:
        q = node.params
        return isinstance(q, p.Mean) and strides.mean(q) is not None

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.Mean)
        return (30 + 5 * q.count) * node.output.bytes

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Mean)
        merged = strides.mean(q)
        assert merged is not None
        return (*merged, ("offset", -q.input_zero_point * q.count), *_single(q.requant))


class Concatenation(_Portable):
    """CONCATENATION."""

    family = p.Concatenation
    per_output = 2.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Concatenation)
        return (
            ("outer", q.outer),
            ("count", len(q.chunks)),
            ("chunks", Constant("chunks", np.array(q.chunks, np.int32))),
        )


class Copy(_Portable):
    """A copy of bytes."""

    family = p.Copy
    per_output = 2.0

    def fields(self, node: Node) -> Fields:
        return (("bytes", node.output.bytes),)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        return Overlap(lead=0, lag=0)


class Lookup(_InPlace):
    """Any function of one byte."""

    family = p.Lookup
    per_output = 6.0

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Lookup)
        by_byte = np.roll(q.table, 128)
        return (("size", q.size), ("table", Constant("table", by_byte)))


class Softmax(_Portable):
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


class Quantize(_Portable):
    """QUANTIZE from float32: four bytes are read before one is written."""

    family = p.Quantize

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Quantize)
        return (("size", q.size), ("scale", q.scale), ("zero_point", q.zero_point))

    def overlap(self, node: Node, operand: int) -> Overlap:
        return Overlap(lead=0, lag=node.inputs[operand].bytes)


class Dequantize(_Portable):
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


KERNELS: tuple[Kernel, ...] = (
    PointwiseConv2D("te_fully_connected", "te_fully_connected.c"),
    Conv2D("te_conv2d", "te_conv2d.c"),
    FullyConnected("te_fully_connected", "te_fully_connected.c"),
    DepthwiseConv2D("te_depthwise_conv2d", "te_depthwise_conv2d.c"),
    Pool("te_max_pool", p.MaxPool),
    Pool("te_average_pool", p.AveragePool),
    Add("te_add", "te_arithmetic.c"),
    Mul("te_mul", "te_arithmetic.c"),
    Pad("te_pad", "te_shape.c"),
    Mean("te_mean", "te_mean.c"),
    Concatenation("te_concatenation", "te_shape.c"),
    Copy("te_copy", "te_shape.c"),
    Lookup("te_lookup", "te_lookup.c"),
    Softmax("te_softmax", "te_softmax.c"),
    Quantize("te_quantize", "te_quantize.c"),
    Dequantize("te_dequantize", "te_quantize.c"),
)
