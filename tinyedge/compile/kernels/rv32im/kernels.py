"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing, stage
from tinyedge.compile.kernels.base import Kernel, Overlap
from tinyedge.compile.kernels.packing import BLOCK, Fields
from tinyedge.compile.kernels.portable.base import pixel_by_pixel
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node

#: TE_RV32_TAPS of rv32im.h
_TAPS = 64
_PIXELS = 4


class _Tuned(Kernel):
    """A kernel that is one C function."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.sources = (f"rv32im/{source}",)

    def made(self, q: p.Params) -> stage.Stage | None:
        """The requantization, where the kernel takes the layer."""
        raise NotImplementedError

    def applies(self, node: Node) -> bool:
        return self.made(node.params) is not None


def _stages(made: stage.Stage | None) -> Constant:
    """te_rv32_stage of each four channels."""
    assert made is not None
    kinds = (
        made.signed_initial,
        made.multipliers,
        made.constants,
        made.constants - made.negatives,
        made.shifts,
    )
    rows = np.stack([np.pad(kind, (0, -kind.size % BLOCK)) for kind in kinds])
    blocks = rows.reshape(len(kinds), -1, BLOCK).transpose(1, 0, 2)
    return Constant("stages", np.ascontiguousarray(blocks).astype(np.int32))


def _window(q: p.Conv2D | p.DepthwiseConv2D, size: tuple[int, int]) -> Fields:
    values = {
        "input_height": q.input_shape[1],
        "input_width": q.input_shape[2],
        "output_height": q.output_shape[1],
        "output_width": q.output_shape[2],
        "input_channels": q.input_shape[3],
        "output_channels": q.output_shape[3],
        "height": size[0],
        "width": size[1],
        "stride_y": q.stride[0],
        "stride_x": q.stride[1],
        "dilation_y": q.dilation[0],
        "dilation_x": q.dilation[1],
        "top": q.padding[0],
        "left": q.padding[1],
    }
    return tuple((f"window.{name}", value) for name, value in values.items())


class Convolution(_Tuned):
    """CONV_2D: windows of four pixels gathered, then four channels at a time."""

    def __init__(self) -> None:
        super().__init__("te_rv32_conv", "conv.c")

    def made(self, q: p.Params) -> stage.Stage | None:
        if not isinstance(q, p.Conv2D) or q.input_shape[0] != 1 or q.filter[0].size > 0xFFFF:
            return None
        filters = q.filter.reshape(q.filter.shape[0], -1)
        return stage.stage(filters, q.bias, q.input_zero_point, q.requant)

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.Conv2D)
        pixels = packing.round_up(q.output_shape[1] * q.output_shape[2], _PIXELS)
        channels, taps = packing.round_up(q.output_shape[3], BLOCK), int(q.filter[0].size)
        gathered = pixels * (60 + 3 * taps)
        return gathered + pixels * channels * (16 + taps * 11 // 4)

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.Conv2D)
        return (
            *_window(q, (q.filter.shape[1], q.filter.shape[2])),
            ("weights", Constant("weights", packing.channel_blocks(q.filter))),
            ("stages", _stages(self.made(q))),
            ("taps", int(q.filter[0].size)),
            ("zero_point", q.input_zero_point),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )

    def scratch_bytes(self, node: Node) -> int:
        assert isinstance(node.params, p.Conv2D)
        return _PIXELS * int(node.params.filter[0].size)

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.Conv2D)
        return pixel_by_pixel(node, node.params)


class Depthwise(_Tuned):
    """DEPTHWISE_CONV_2D, four channels at a time."""

    def __init__(self) -> None:
        super().__init__("te_rv32_depthwise", "depthwise.c")

    def made(self, q: p.Params) -> stage.Stage | None:
        if not isinstance(q, p.DepthwiseConv2D) or q.input_shape[0] != 1:
            return None
        taps, channels = q.filter.shape[0] * q.filter.shape[1], q.filter.shape[2]
        if q.depth_multiplier != 1 or channels % BLOCK or taps > _TAPS:
            return None
        filters = np.moveaxis(q.filter, 2, 0).reshape(channels, -1)
        return stage.stage(filters, q.bias, q.input_zero_point, q.requant)

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.DepthwiseConv2D)
        pixels, taps = q.output_shape[1] * q.output_shape[2], int(q.filter[..., 0].size)
        return pixels * (20 * taps + q.output_shape[3] * (16 + 5 * taps))

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.DepthwiseConv2D)
        filters = np.ascontiguousarray(np.moveaxis(q.filter, 2, 0))
        return (
            *_window(q, (q.filter.shape[0], q.filter.shape[1])),
            ("weights", Constant("weights", packing.channel_blocks(filters))),
            ("stages", _stages(self.made(q))),
            ("taps", int(q.filter[..., 0].size)),
            ("zero_point", q.input_zero_point),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )

    def scratch_bytes(self, node: Node) -> int:
        assert isinstance(node.params, p.DepthwiseConv2D)
        return node.params.input_shape[3]

    def overlap(self, node: Node, operand: int) -> Overlap:  # noqa: ARG002
        assert isinstance(node.params, p.DepthwiseConv2D)
        return pixel_by_pixel(node, node.params)


class FullyConnected(_Tuned):
    """FULLY_CONNECTED, four outputs at a time."""

    def __init__(self) -> None:
        super().__init__("te_rv32_fully_connected", "fully_connected.c")

    def made(self, q: p.Params) -> stage.Stage | None:
        if not isinstance(q, p.FullyConnected):
            return None
        return stage.stage(q.filter, q.bias, q.input_zero_point, q.requant)

    def cost(self, node: Node) -> int:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        outputs = packing.round_up(int(q.filter.shape[0]), BLOCK)
        return q.batches * outputs * (16 + int(q.filter.shape[1]) * 7 // 2)

    def fields(self, node: Node) -> Fields:
        q = node.params
        assert isinstance(q, p.FullyConnected)
        return (
            ("weights", Constant("weights", packing.channel_blocks(q.filter))),
            ("stages", _stages(self.made(q))),
            ("batches", q.batches),
            ("inputs", int(q.filter.shape[1])),
            ("outputs", int(q.filter.shape[0])),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )
