"""The families' kernels as the compiler chooses among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.kernels import packing, stage
from tinyedge.compile.kernels.packing import BLOCK, Fields
from tinyedge.compile.kernels.rv32im import planes
from tinyedge.compile.kernels.rv32im.addition import Addition
from tinyedge.compile.kernels.rv32im.pairs import PairedConv
from tinyedge.compile.kernels.rv32im.window import window
from tinyedge.compile.kernels.tuned import Layer, Tuned
from tinyedge.compile.plan import Constant
from tinyedge.compile.program import Node

#: TE_RV32_TAPS of rv32im.h
_TAPS = 64
_PIXELS = 4
#: outputs at a time of a fully connected layer
_DENSE = 8


def _stages(made: stage.Stage, channels: int = BLOCK) -> Constant:
    """te_rv32_stage of each four channels, filled up to a multiple of ``channels``."""
    kinds = (
        made.signed_initial,
        made.multipliers,
        made.constants,
        made.constants - made.negatives,
        made.shifts,
    )
    rows = np.stack([np.pad(kind, (0, -kind.size % channels)) for kind in kinds])
    blocks = rows.reshape(len(kinds), -1, BLOCK).transpose(1, 0, 2)
    return Constant("stages", np.ascontiguousarray(blocks).astype(np.int32))


def _lead(q: p.Conv2D | p.DepthwiseConv2D) -> int:
    """Lead of :class:`Overlap`: outputs are written pixel by pixel."""
    return packing.window_lead(q.input_shape, q.output_shape, q.stride, q.padding)


def _products(
    q: p.Conv2D | p.DepthwiseConv2D, filters: NDArray[np.int8], made: stage.Stage, taps: int
) -> Fields:
    """Members of both parameters behind the window; ``filters`` have the outputs first."""
    return (
        ("weights", Constant("weights", packing.channel_blocks(filters))),
        ("stages", _stages(made)),
        ("taps", taps),
        ("zero_point", q.input_zero_point),
        ("low", q.requant.low),
        ("high", q.requant.high),
    )


@dataclass(frozen=True, eq=False)
class _Conv(Layer):
    params: p.Conv2D
    stage: stage.Stage

    @classmethod
    def plan(cls, q: p.Conv2D) -> _Conv | None:
        """The layer, or None where the kernel cannot compute it exactly."""
        if q.input_shape[0] != 1 or q.filter[0].size > 0xFFFF:
            return None
        filters = q.filter.reshape(q.filter.shape[0], -1)
        made = stage.stage(filters, q.bias, q.input_zero_point, q.requant)
        return None if made is None else cls(q, made)

    @property
    def taps(self) -> int:
        """Products of an output."""
        return int(self.params.filter[0].size)

    @property
    def instructions(self) -> int:
        _, height, width, channels = self.params.output_shape
        pixels = packing.round_up(height * width, _PIXELS)
        gathered = pixels * (60 + 3 * self.taps)
        return gathered + pixels * packing.round_up(channels, BLOCK) * (16 + self.taps * 11 // 4)

    @property
    def scratch_bytes(self) -> int:
        """Windows of so many pixels."""
        return _PIXELS * self.taps

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        return _lead(self.params), input_bytes

    def fields(self) -> Fields:
        q = self.params
        return (
            *window(q, (q.filter.shape[1], q.filter.shape[2])),
            *_products(q, q.filter, self.stage, self.taps),
        )


@dataclass(frozen=True, eq=False)
class _DepthwiseConv(Layer):
    params: p.DepthwiseConv2D
    stage: stage.Stage

    @classmethod
    def plan(cls, q: p.DepthwiseConv2D) -> _DepthwiseConv | None:
        """The layer, or None where the kernel cannot compute it exactly."""
        taps, channels = q.filter.shape[0] * q.filter.shape[1], q.filter.shape[2]
        if q.input_shape[0] != 1 or q.depth_multiplier != 1 or channels % BLOCK or taps > _TAPS:
            return None
        filters = np.moveaxis(q.filter, 2, 0).reshape(channels, -1)
        made = stage.stage(filters, q.bias, q.input_zero_point, q.requant)
        return None if made is None else cls(q, made)

    @property
    def taps(self) -> int:
        """Products of an output."""
        return int(self.params.filter[..., 0].size)

    @property
    def instructions(self) -> int:
        _, height, width, channels = self.params.output_shape
        return height * width * (20 * self.taps + channels * (23 + 26 * self.taps // 5))

    @property
    def scratch_bytes(self) -> int:
        """One pixel."""
        return self.params.input_shape[3]

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        return _lead(self.params), input_bytes

    def fields(self) -> Fields:
        q = self.params
        filters = np.ascontiguousarray(np.moveaxis(q.filter, 2, 0))
        return (
            *window(q, (q.filter.shape[0], q.filter.shape[1])),
            *_products(q, filters, self.stage, self.taps),
        )


@dataclass(frozen=True, eq=False)
class _Dense(Layer):
    params: p.FullyConnected
    stage: stage.Stage

    @classmethod
    def plan(cls, q: p.FullyConnected) -> _Dense | None:
        """The layer, or None where the kernel cannot compute it exactly."""
        made = stage.stage(q.filter, q.bias, q.input_zero_point, q.requant)
        return None if made is None else cls(q, made)

    @property
    def instructions(self) -> int:
        outputs, inputs = self.params.filter.shape
        channels = packing.round_up(int(outputs), _DENSE)
        return self.params.batches * channels * (20 + int(inputs) * 13 // 4)

    def overlap(self, input_bytes: int) -> tuple[int, int]:
        return self.params.batches * int(self.params.filter.shape[0]), input_bytes

    def fields(self) -> Fields:
        q = self.params
        return (
            ("weights", Constant("weights", packing.channel_blocks(q.filter, _DENSE))),
            ("stages", _stages(self.stage, _DENSE)),
            ("batches", q.batches),
            ("inputs", int(q.filter.shape[1])),
            ("outputs", int(q.filter.shape[0])),
            ("low", q.requant.low),
            ("high", q.requant.high),
        )


class Convolution(Tuned[_Conv]):
    """CONV_2D: windows of four pixels gathered, then four channels at a time."""

    family = p.Conv2D

    def __init__(self) -> None:
        super().__init__("te_rv32_conv", _Conv.plan, "rv32im/conv.c")


class ConvolutionPairs(Tuned[PairedConv]):
    """CONV_2D: six pixels, two channels, two products a multiplication."""

    family = p.Conv2D

    def __init__(self) -> None:
        files = ("macros.S", "pack.S", "conv_pairs.S", "conv_pairs.c")
        sources = (f"rv32im/{file}" for file in files)
        super().__init__("te_rv32_conv_pairs", PairedConv.plan, *sources)


class Depthwise(Tuned[_DepthwiseConv]):
    """DEPTHWISE_CONV_2D, four channels at a time."""

    family = p.DepthwiseConv2D

    def __init__(self) -> None:
        super().__init__("te_rv32_depthwise", _DepthwiseConv.plan, "rv32im/depthwise.c")


class DepthwisePlanes(Tuned[planes.PlaneDepthwise]):
    """DEPTHWISE_CONV_2D, channel by channel."""

    family = p.DepthwiseConv2D

    def __init__(self) -> None:
        files = ("macros", "plane_run", "depthwise_3x3", "depthwise_lines")
        sources = (*(f"rv32im/{file}.S" for file in files), "rv32im/depthwise_planes.c")
        super().__init__("te_rv32_depthwise_planes", planes.plan, *sources)


class FullyConnected(Tuned[_Dense]):
    """FULLY_CONNECTED, eight outputs at a time."""

    family = p.FullyConnected

    def __init__(self) -> None:
        super().__init__("te_rv32_fully_connected", _Dense.plan, "rv32im/fully_connected.c")


class Add(Tuned[Addition]):
    """ADD of two tensors of one shape."""

    family = p.Add

    def __init__(self) -> None:
        super().__init__("te_rv32_add", Addition.plan, "rv32im/elementwise.c")

    def applies(self, node: Node) -> bool:
        return all(value.data is None for value in node.inputs) and super().applies(node)
