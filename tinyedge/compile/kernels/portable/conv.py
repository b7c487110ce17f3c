"""CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED.

Zero points are folded into the biases: sum((x - z) * w) + b = sum(x * w) + (b - z * sum(w)), with
padding read as z. The C accumulates modulo 2**32, so that this holds for any bias.
"""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing
from tinyedge.compile.kernels.base import Overlap
from tinyedge.compile.kernels.packing import Fields
from tinyedge.compile.kernels.portable.base import Portable, pixel_by_pixel
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node


def _channel_fields(
    q: p.Conv2D | p.TransposeConv, dilation: tuple[int, int], folded: int
) -> Fields:
    """Fields of a convolution over all channels; ``folded``: the zero point in the bias."""
    return (
        *packing.window(q, (q.filter.shape[1], q.filter.shape[2]), dilation),
        ("input_channels", q.input_shape[3]),
        ("output_channels", q.output_shape[3]),
        ("input_zero_point", q.input_zero_point),
        ("weights", Constant("weights", packing.channel_blocks(q.filter))),
        *packing.output_stage(q.filter, q.bias, folded, q.requant),
    )


class Conv2D(Portable):
    """CONV_2D of any shape."""

    family = p.Conv2D
    per_mac = 2.6

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Conv2D)
        return _channel_fields(q, q.dilation, q.input_zero_point)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Conv2D)
        return pixel_by_pixel(node, node.params)


class PointwiseConv2D(Portable):
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
        return matrix(rows, filters, q.bias, q.input_zero_point, q.requant)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Conv2D)
        return pixel_by_pixel(node, node.params)


class FullyConnected(Portable):
    """FULLY_CONNECTED."""

    family = p.FullyConnected
    per_mac = 2.4

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        return matrix(q.batches, q.filter, q.bias, q.input_zero_point, q.requant)

    def overlap(self, node: Node, operand: int) -> Overlap:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        outputs, inputs = q.filter.shape
        lead = packing.window_lead(
            (1, 1, q.batches, inputs), (1, 1, q.batches, outputs), (1, 1), (0, 0)
        )
        return Overlap(min(lead, node.output.bytes), node.inputs[operand].bytes)


def matrix(
    rows: int, filters: p.Int8Array, bias: p.Int32Array, zero: int, requant: p.Requantization
) -> Fields:
    """Fields of te_fully_connected_params."""
    return (
        ("rows", rows),
        ("inputs", filters.shape[1]),
        ("outputs", filters.shape[0]),
        ("weights", Constant("weights", packing.channel_blocks(filters))),
        *packing.output_stage(filters, bias, zero, requant),
    )


class DepthwiseConv2D(Portable):
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
        return pixel_by_pixel(node, node.params)


class TransposeConv(Portable):
    """TRANSPOSE_CONV; zero points stay where they are, for borders differ in their taps."""

    family = p.TransposeConv
    per_mac = 3.5

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.TransposeConv)
        return _channel_fields(q, (1, 1), 0)
