"""CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED."""

from __future__ import annotations

from dataclasses import dataclass

from tinyedge.graph.types import Activation, Op, Padding, Tensor


@dataclass(frozen=True, eq=False)
class Conv2D(Op):
    """Input NHWC, filter OHWI, bias O (int32, or absent)."""

    filter: Tensor
    bias: Tensor | None
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding
    activation: Activation

    @property
    def kind(self) -> str:
        return "CONV_2D"

    @property
    def macs(self) -> int:
        return self.filter.elements * self.outputs[0].elements // self.filter.shape[0]


@dataclass(frozen=True, eq=False)
class DepthwiseConv2D(Op):
    """Input NHWC, filter 1HWC (C = input channels * depth multiplier), bias C."""

    filter: Tensor
    bias: Tensor | None
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Padding
    activation: Activation
    depth_multiplier: int

    @property
    def kind(self) -> str:
        return "DEPTHWISE_CONV_2D"

    @property
    def macs(self) -> int:
        return self.filter.shape[1] * self.filter.shape[2] * self.outputs[0].elements


@dataclass(frozen=True, eq=False)
class TransposeConv(Op):
    """What turns the gradient of a CONV_2D around: each input pixel adds a filter to the output.

    Input NHWC, filter OHWI, bias O (int32, or absent); ``inputs`` are these three, for the
    output's own shape says what the list of sizes does.
    """

    filter: Tensor
    bias: Tensor | None
    stride: tuple[int, int]
    padding: Padding
    activation: Activation

    @property
    def kind(self) -> str:
        return "TRANSPOSE_CONV"

    @property
    def macs(self) -> int:
        return self.filter.elements * self.inputs[0].elements // self.filter.shape[3]


@dataclass(frozen=True, eq=False)
class FullyConnected(Op):
    """Input [..., K] seen as [batch, K], filter [N, K], bias N."""

    filter: Tensor
    bias: Tensor | None
    activation: Activation

    @property
    def kind(self) -> str:
        return "FULLY_CONNECTED"

    @property
    def macs(self) -> int:
        return self.outputs[0].elements * self.filter.shape[1]
