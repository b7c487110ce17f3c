"""Plain C11 kernels (``runtime/aot/kernels/portable``): every family, every core."""

from __future__ import annotations

from copy import copy

from tinyedge.compile import params as p
from tinyedge.compile.kernels.base import Kernel
from tinyedge.compile.kernels.portable import (
    arithmetic,
    conv,
    elementwise,
    pool,
    rearrange,
    resize,
    shape,
    trainable,
)
from tinyedge.compile.kernels.portable.base import Portable

KERNELS: tuple[Kernel, ...] = (
    conv.PointwiseConv2D("te_fully_connected", "te_fully_connected.c"),
    conv.Conv2D("te_conv2d", "te_conv2d.c"),
    conv.FullyConnected("te_fully_connected", "te_fully_connected.c"),
    trainable.Trainable(),
    conv.DepthwiseConv2D("te_depthwise_conv2d", "te_depthwise_conv2d.c"),
    conv.TransposeConv("te_transpose_conv", "te_transpose_conv.c"),
    pool.Pool("te_max_pool", p.MaxPool),
    pool.Pool("te_average_pool", p.AveragePool),
    pool.Mean("te_mean", "te_mean.c"),
    pool.ArgExtreme("te_arg_max", p.ArgMax),
    pool.ArgExtreme("te_arg_min", p.ArgMin),
    arithmetic.Sum("te_add", p.Add, 60),
    arithmetic.Sum("te_sub", p.Sub, 60),
    arithmetic.Mul("te_mul", p.Mul, 30),
    arithmetic.Broadcast("te_minimum", p.Minimum, 8),
    arithmetic.Broadcast("te_maximum", p.Maximum, 8),
    arithmetic.Prelu("te_prelu", p.Prelu, 30),
    shape.Pad("te_pad", "te_shape.c"),
    shape.Concatenation("te_concatenation", "te_shape.c"),
    shape.Copy("te_copy", "te_shape.c"),
    rearrange.Gather("te_gather", "te_gather.c"),
    resize.ResizeNearest("te_resize_nearest", "te_resize.c"),
    resize.ResizeBilinear("te_resize_bilinear", "te_resize.c"),
    elementwise.Lookup("te_lookup", "te_lookup.c"),
    elementwise.Softmax("te_softmax", "te_softmax.c"),
    elementwise.Quantize("te_quantize", "te_quantize.c"),
    elementwise.Dequantize("te_dequantize", "te_quantize.c"),
)


def slower(factor: float) -> tuple[Kernel, ...]:
    """The same for a core that needs so many instructions for one of a Cortex-M."""
    kernels = tuple(copy(kernel) for kernel in KERNELS)
    for kernel in kernels:
        if isinstance(kernel, Portable):
            kernel.slowness = factor
    return kernels
