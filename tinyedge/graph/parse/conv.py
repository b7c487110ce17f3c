"""Parsers of CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED."""

from __future__ import annotations

from typing import Any

import tflite

from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected, TransposeConv
from tinyedge.graph.parse.site import Site
from tinyedge.graph.types import Tensor


def _window(site: Site, options: Any) -> dict[str, Any]:
    """Return the parameters that both convolutions have, as keyword arguments."""
    site.tensor(0)
    return {
        "index": site.index,
        "inputs": site.inputs,
        "outputs": site.outputs,
        "filter": site.tensor(1),
        "bias": site.optional(2),
        "stride": site.positive("stride", options.StrideH(), options.StrideW()),
        "dilation": site.positive("dilation", options.DilationHFactor(), options.DilationWFactor()),
        "padding": site.padding(options.Padding()),
        "activation": site.activation(options.FusedActivationFunction()),
    }


def _conv(site: Site) -> Conv2D:
    site.expect(inputs=(2, 3))
    op = Conv2D(**_window(site, site.options(tflite.Conv2DOptions)))
    _check_filter(site, op.filter)
    return op


def _check_filter(site: Site, weights: Tensor) -> None:
    if len(weights.shape) != 4 or 0 in weights.shape:
        site.fail(f"filter shape {list(weights.shape)}", "four sizes of 1 or more are needed")


def _depthwise(site: Site) -> DepthwiseConv2D:
    site.expect(inputs=(2, 3))
    options = site.options(tflite.DepthwiseConv2DOptions)
    multiplier = options.DepthMultiplier()
    op = DepthwiseConv2D(**_window(site, options), depth_multiplier=multiplier)
    if multiplier < 1:
        site.fail(f"depth multiplier {multiplier}", "1 or more is allowed")
    _check_filter(site, op.filter)
    return op


def _transpose_conv(site: Site) -> TransposeConv:
    site.expect(inputs=(3, 4))
    options = site.options(tflite.TransposeConvOptions)
    weights, source, bias = site.tensor(1), site.tensor(2), site.optional(3)
    _check_filter(site, weights)
    return TransposeConv(
        site.index,
        (source, weights, bias) if bias else (source, weights),
        site.outputs,
        filter=weights,
        bias=bias,
        stride=site.positive("stride", options.StrideH(), options.StrideW()),
        padding=site.padding(options.Padding()),
        activation=site.activation(options.FusedActivationFunction()),
    )


def _fully_connected(site: Site) -> FullyConnected:
    site.expect(inputs=(2, 3))
    options = site.options(tflite.FullyConnectedOptions)
    if options.WeightsFormat() != tflite.FullyConnectedOptionsWeightsFormat.DEFAULT:
        site.fail("shuffled weights", "convert for microcontrollers (weights format DEFAULT)")
    site.tensor(0)
    weights = site.tensor(1)
    if len(weights.shape) != 2 or 0 in weights.shape:
        site.fail(f"filter shape {list(weights.shape)}", "two sizes of 1 or more are needed")
    activation = site.activation(options.FusedActivationFunction())
    return FullyConnected(
        site.index, site.inputs, site.outputs, weights, site.optional(2), activation
    )


PARSERS = {
    tflite.BuiltinOperator.CONV_2D: _conv,
    tflite.BuiltinOperator.DEPTHWISE_CONV_2D: _depthwise,
    tflite.BuiltinOperator.TRANSPOSE_CONV: _transpose_conv,
    tflite.BuiltinOperator.FULLY_CONNECTED: _fully_connected,
}
