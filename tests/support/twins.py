"""What the kernels compute, in numpy, from the families' parameters; uint8 = q + 128 throughout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.compile.exact import add as addition
from tinyedge.compile.exact import requantize

UInt8Array = NDArray[np.uint8]


def windows(
    q: p.Conv2D | p.DepthwiseConv2D, x: UInt8Array, height: int, width: int
) -> NDArray[np.int64]:
    """[height, width, out y, out x, channel]: q - zero point under each tap, padding 0."""
    _, out_height, out_width, _ = q.output_shape
    (sy, sx), (dy, dx), (top, left) = q.stride, q.dilation, q.padding
    reach_y = (out_height - 1) * sy + (height - 1) * dy + 1
    reach_x = (out_width - 1) * sx + (width - 1) * dx + 1
    _, rows, columns, channels = q.input_shape
    shape = (max(reach_y, rows + top), max(reach_x, columns + left), channels)
    padded = np.zeros(shape, np.int64)
    values = x.reshape(rows, columns, channels).astype(np.int64) - (q.input_zero_point + 128)
    padded[top : top + rows, left : left + columns] = values
    taps = [
        padded[ky * dy :: sy, kx * dx :: sx][:out_height, :out_width]
        for ky in range(height)
        for kx in range(width)
    ]
    return np.stack(taps).reshape(height, width, out_height, out_width, channels)


def conv2d(q: p.Conv2D, x: UInt8Array) -> UInt8Array:
    """CONV_2D."""
    _, height, width, _ = q.filter.shape
    taps = windows(q, x, height, width)
    total = np.einsum("hwyxc,nhwc->yxn", taps, q.filter.astype(np.int64)) + q.bias
    return requantize.reference(q.requant, total).astype(np.uint8).reshape(-1)


def depthwise_conv2d(q: p.DepthwiseConv2D, x: UInt8Array) -> UInt8Array:
    """DEPTHWISE_CONV_2D."""
    height, width, _ = q.filter.shape
    taps = np.repeat(windows(q, x, height, width), q.depth_multiplier, axis=-1)
    total = np.einsum("hwyxc,hwc->yxc", taps, q.filter.astype(np.int64)) + q.bias
    return requantize.reference(q.requant, total).astype(np.uint8).reshape(-1)


def fully_connected(q: p.FullyConnected, x: UInt8Array) -> UInt8Array:
    """FULLY_CONNECTED."""
    values = x.reshape(q.batches, -1).astype(np.int64) - (q.input_zero_point + 128)
    total = values @ q.filter.astype(np.int64).T + q.bias
    return requantize.reference(q.requant, total).astype(np.uint8).reshape(-1)


def add(q: p.Add, a: UInt8Array, b: UInt8Array) -> UInt8Array:
    """ADD of two tensors of one shape."""
    return addition.reference(q)[a, b].astype(np.uint8)
