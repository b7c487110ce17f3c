"""Rules of CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED."""

from __future__ import annotations

from tinyedge.graph.geometry import window_output
from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from tinyedge.graph.quantized import output_multipliers
from tinyedge.graph.types import DType, Padding
from tinyedge.graph.verify.checker import Checker

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv
_BIAS_TOLERANCE = 0.02
"""Largest error of the bias scale in output steps; TFLM's value for FULLY_CONNECTED."""


def conv2d(check: Checker, op: Conv2D) -> None:
    """Filter OHWI; one scale, or one an output channel."""
    check.expect_rank(op.inputs[0], 4, 4)
    channels, filter_depth = op.filter.shape[0], op.filter.shape[3]
    depth = op.inputs[0].shape[3]
    groups = depth // filter_depth if filter_depth and depth % filter_depth == 0 else 0
    grouped = groups > 1 and channels % groups == 0
    if filter_depth != depth and (check.strict or not grouped):
        check.fail(
            f"the filter reads {filter_depth} channels of {depth}",
            "the aot runtime has no grouped convolutions: try --runtime tflm, or split them when "
            "converting",
        )
    _check_output(check, op, channels)
    _check_parameters(check, op, channels, axis=0)


def depthwise_conv2d(check: Checker, op: DepthwiseConv2D) -> None:
    """Filter 1HWC; one scale, or one a channel."""
    check.expect_rank(op.inputs[0], 4, 4)
    channels = op.inputs[0].shape[3] * op.depth_multiplier
    if op.filter.shape[0] != 1 or op.filter.shape[3] != channels:
        check.fail(
            f"the filter's shape {list(op.filter.shape)} does not suit {op.inputs[0].shape[3]} "
            f"channels with depth multiplier {op.depth_multiplier}"
        )
    _check_output(check, op, channels)
    _check_parameters(check, op, channels, axis=3)


def transpose_conv(check: Checker, op: TransposeConv) -> None:
    """Filter OHWI; the output may have any height and width that hold a window."""
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 4, 4)
    check.expect_rank(target, 4, 4)
    channels, filter_depth = op.filter.shape[0], op.filter.shape[3]
    if filter_depth != source.shape[3]:
        check.fail(f"the filter reads {filter_depth} channels of {source.shape[3]}")
    check.expect_shape(target, (source.shape[0], *target.shape[1:3], channels))
    sizes = zip(target.shape[1:3], op.filter.shape[1:3], strict=True)
    if op.padding is Padding.VALID and any(size < window for size, window in sizes):
        check.fail(f"the filter {list(op.filter.shape[1:3])} is larger than the output")
    _check_parameters(check, op, channels, axis=0)


def fully_connected(check: Checker, op: FullyConnected) -> None:
    """Filter [N, K]; the input is any shape of K * batch elements."""
    outputs, depth = op.filter.shape
    source, target = op.inputs[0], op.outputs[0]
    check.expect_rank(source, 1, 6)
    check.expect_rank(target, 1, 6)
    if target.shape[-1] != outputs or source.elements * outputs != target.elements * depth:
        check.fail(
            f"{list(source.shape)} times the filter's {list(op.filter.shape)} does not make "
            f"{list(target.shape)}"
        )
    _check_parameters(check, op, outputs, axis=0)


def _check_output(check: Checker, op: Conv2D | DepthwiseConv2D, channels: int) -> None:
    shape = op.inputs[0].shape
    sizes = [
        window_output(
            shape[1 + i], op.filter.shape[1 + i], op.stride[i], op.dilation[i], op.padding
        )
        for i in range(2)
    ]
    if min(sizes) < 1:
        check.fail(f"the filter {list(op.filter.shape[1:3])} is larger than the input")
    check.expect_shape(op.outputs[0], (shape[0], *sizes, channels))


def _check_parameters(check: Checker, op: Weighted, channels: int, axis: int) -> None:
    if op.bias is not None:
        check.expect_shape(op.bias, (channels,))
    if not check.int8(op.inputs[0], op.outputs[0]):
        return
    check.expect_constant(op.filter, "filter", DType.INT8)
    _check_filter_quant(check, op, channels, axis)
    if op.bias is not None:
        check.expect_constant(op.bias, "bias", DType.INT32)
        _check_bias_quant(check, op)
    check.expect_shift(int(output_multipliers(op)[1].max()))
    check.expect_activation(op.activation, op.outputs[0].q)


def _check_filter_quant(check: Checker, op: Weighted, channels: int, axis: int) -> None:
    quant = op.filter.quant
    if quant is None:
        check.fail("the filter has no quantization", "convert with int8 weights")
    if quant.per_channel and (quant.axis != axis or len(quant.scales) != channels):
        check.fail(
            f"the filter has {len(quant.scales)} scales along axis {quant.axis}; one, or "
            f"{channels} along axis {axis}, are allowed"
        )
    # Only FULLY_CONNECTED with one scale reads the filter's zero point.
    symmetric = quant.per_channel or not isinstance(op, FullyConnected)
    if symmetric and any(quant.zero_points):
        check.fail("the filter's zero point is not 0", "convert with symmetric weights")


def _check_bias_quant(check: Checker, op: Weighted) -> None:
    """The bias is added to the accumulator as it is, so it must be in the accumulator's scale."""
    assert op.bias is not None
    if op.bias.quant is None:
        check.fail("the bias has no quantization")
    weights, bias = op.filter.q.scales, op.bias.quant.scales
    if any(op.bias.quant.zero_points):
        check.fail("the bias's zero point is not 0")
    if len(bias) != len(weights):
        check.fail(f"the bias has {len(bias)} scales, the filter {len(weights)}")
    for channel, (weight_scale, bias_scale) in enumerate(zip(weights, bias, strict=True)):
        product = op.inputs[0].q.scale * weight_scale
        if abs(product - bias_scale) > _BIAS_TOLERANCE * op.outputs[0].q.scale:
            check.fail(
                f"the bias's scale {bias_scale:.9g} of channel {channel} is not the input's times "
                f"the filter's, {product:.9g}"
            )
