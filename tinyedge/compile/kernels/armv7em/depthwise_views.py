"""A DEPTHWISE_CONV_2D seen as another that computes the same."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from tinyedge.compile.kernels.armv7em.dilation import filled
from tinyedge.compile.kernels.upright import swapped
from tinyedge.compile.params import DepthwiseConv2D


@cache
def upright(params: DepthwiseConv2D) -> DepthwiseConv2D:
    """A convolution along a single column, seen as one along a single row."""
    if params.input_shape[2] != 1 or params.filter.shape[1] != 1 or params.padding[1] != 0:
        return params
    return transposed(params)


@cache
def transposed(params: DepthwiseConv2D) -> DepthwiseConv2D:
    """The convolution with rows and columns exchanged."""
    return replace(
        params,
        input_shape=swapped(params.input_shape),
        output_shape=swapped(params.output_shape),
        filter=params.filter.swapaxes(0, 1),
        stride=params.stride[::-1],
        dilation=params.dilation[::-1],
        padding=params.padding[::-1],
    )


@cache
def undilated(params: DepthwiseConv2D) -> DepthwiseConv2D:
    """A window whose taps lie apart, seen as one that reads what lies between, too."""
    if params.dilation == (1, 1):
        return params
    down, along = params.dilation
    filters = filled(filled(params.filter, 0, down), 1, along)
    return replace(params, filter=filters, dilation=(1, 1))
