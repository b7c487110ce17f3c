"""Why none of the kernels here takes a layer, for people to read."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv7em import (
    addition,
    convolution,
    depthwise,
    depthwise_views,
    fully_connected,
    pooling,
    stream,
)
from tinyedge.compile.kernels.upright import upright

_INEXACT = "one multiplication a channel would not round as TFLM does"
_LANES = "a weight of -128 would share its lane with a negative one"


@singledispatch
def why(params: p.Params) -> str:  # noqa: ARG001
    """Why no kernel takes the layer; empty if one does."""
    return "no fast kernel for this operator"


@why.register
def _conv2d(params: p.Conv2D) -> str:
    q = convolution.narrow(upright(params))
    channels = q.output_shape[3]
    if q.input_shape[0] != 1:
        return f"a batch of {q.input_shape[0]}"
    if channels < convolution.BLOCKS[0].channels:
        return "a single output channel"
    if convolution.fit(q) is None:
        return _INEXACT
    filters = q.filter.reshape(channels, -1)
    return min((_lanes(filters, block.channels) for block in convolution.BLOCKS), key=len)


@why.register
def _depthwise(params: p.DepthwiseConv2D) -> str:
    q = depthwise_views.undilated(depthwise_views.upright(params))
    if q.input_shape[0] != 1:
        return f"a batch of {q.input_shape[0]}"
    if depthwise.any_window(params, 1) is not None:
        return ""
    if q.stride[1] > 2 or q.stride[0] > q.filter.shape[0]:
        return f"strides of {q.stride[0]} x {q.stride[1]}"
    if q.filter.shape[2] < depthwise.GROUP:
        return f"fewer than {depthwise.GROUP} channels"
    return _INEXACT if depthwise.fits(q) is None else "rows of a single pixel"


@why.register
def _fully_connected(params: p.FullyConnected) -> str:
    if fully_connected.fit(params) is None:
        return _INEXACT
    return _lanes(params.filter, fully_connected.BLOCK)


@why.register
def _add(params: p.Add) -> str:
    if not params.a_shape == params.b_shape == params.output_shape:
        return "operands of different shapes"
    return "one multiplication an operand would not round as TFLM does" * (
        addition.plan(params) is None
    )


@why.register
def _pool(params: p.Pool) -> str:
    return "" if pooling.plan(params) else "a batch, a large window, or channels not in fours"


def _lanes(filters: p.Int8Array, block: int) -> str:
    padded = np.pad(filters.astype(np.int64), [(0, max(0, block - filters.shape[0])), (0, 0)])
    return "" if stream.lanes_fit(padded, block) else _LANES
