"""Parsers of CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from typing import Any

import tflite

from tinyedge.graph.ops import Conv2D, DepthwiseConv2D, FullyConnected
from tinyedge.graph.parse.site import Site


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
    if len(op.filter.shape) != 4 or 0 in op.filter.shape:
        site.fail(f"filter shape {list(op.filter.shape)}", "four sizes of 1 or more are needed")
    return op


def _depthwise(site: Site) -> DepthwiseConv2D:
    site.expect(inputs=(2, 3))
    options = site.options(tflite.DepthwiseConv2DOptions)
    multiplier = options.DepthMultiplier()
    op = DepthwiseConv2D(**_window(site, options), depth_multiplier=multiplier)
    if multiplier < 1:
        site.fail(f"depth multiplier {multiplier}", "1 or more is allowed")
    if len(op.filter.shape) != 4 or 0 in op.filter.shape:
        site.fail(f"filter shape {list(op.filter.shape)}", "four sizes of 1 or more are needed")
    return op


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
    tflite.BuiltinOperator.FULLY_CONNECTED: _fully_connected,
}
