"""Layers drawn at random, as quantization tools make them: outputs that use their range."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tinyedge.compile import params as p
from tinyedge.graph.fixedpoint import quantize_multiplier

Rng = np.random.Generator


def requantization(rng: Rng, spread: NDArray[np.float64], relu: bool) -> p.Requantization:
    """One that maps about +-2 ``spread`` of each channel's sum to the output's range."""
    scales = rng.uniform(100, 250) / np.maximum(4 * spread, 1) * rng.uniform(0.3, 1.2, spread.size)
    pairs = [quantize_multiplier(float(scale)) for scale in scales]
    zero_point = -128 if relu and rng.random() < 0.7 else int(rng.integers(-128, 128))
    low = max(-128, zero_point) if relu else -128
    high = (
        int(rng.integers(zero_point + 20, 127))
        if relu and rng.random() < 0.2 and zero_point < 90
        else 127
    )
    return p.Requantization(
        multipliers=np.array([pair[0] for pair in pairs], np.int32),
        shifts=np.array([pair[1] for pair in pairs], np.int32),
        zero_point=zero_point,
        low=low,
        high=high,
    )


def one_multiplier(requant: p.Requantization) -> p.Requantization:
    """The same with the first channel's multiplier for all, as per-tensor weights have it."""
    return replace(requant, multipliers=requant.multipliers[:1], shifts=requant.shifts[:1])


def _filter(rng: Rng, shape: tuple[int, ...]) -> p.Int8Array:
    spread = rng.choice([10, 40, 127])
    return np.clip(np.round(rng.normal(0, spread, shape)), -127, 127).astype(np.int8)


def _bias(rng: Rng, spread: NDArray[np.float64]) -> p.Int32Array:
    return np.round(rng.normal(0, 1, spread.size) * spread).astype(np.int32)


def conv2d(
    rng: Rng,
    size: tuple[int, int, int],
    outputs: int,
    kernel: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    same: bool = True,
    dilation: tuple[int, int] = (1, 1),
) -> p.Conv2D:
    """CONV_2D of an input [height, width, channels]."""
    filters = _filter(rng, (outputs, *kernel, size[2]))
    output, padding = _geometry(size[:2], kernel, stride, same, dilation)
    spread = np.sqrt((filters.astype(float) ** 2).reshape(outputs, -1).sum(axis=1)) * 74
    return p.Conv2D(
        input_shape=(1, *size),
        output_shape=(1, *output, outputs),
        filter=filters,
        bias=_bias(rng, spread),
        stride=stride,
        dilation=dilation,
        padding=padding,
        input_zero_point=int(rng.choice([-128, 0, int(rng.integers(-128, 128))])),
        requant=requantization(rng, spread, bool(rng.random() < 0.6)),
    )


def depthwise_conv2d(
    rng: Rng,
    size: tuple[int, int, int],
    kernel: tuple[int, int] = (3, 3),
    *,
    stride: tuple[int, int] = (1, 1),
    same: bool = True,
    dilation: tuple[int, int] = (1, 1),
    multiplier: int = 1,
) -> p.DepthwiseConv2D:
    """DEPTHWISE_CONV_2D of an input [height, width, channels]."""
    outputs = size[2] * multiplier
    filters = _filter(rng, (*kernel, outputs))
    output, padding = _geometry(size[:2], kernel, stride, same, dilation)
    spread = np.sqrt((filters.astype(float) ** 2).sum(axis=(0, 1))) * 74
    return p.DepthwiseConv2D(
        input_shape=(1, *size),
        output_shape=(1, *output, outputs),
        filter=filters,
        bias=_bias(rng, spread),
        stride=stride,
        dilation=dilation,
        padding=padding,
        depth_multiplier=multiplier,
        input_zero_point=int(rng.choice([-128, 0, int(rng.integers(-128, 128))])),
        requant=requantization(rng, spread, bool(rng.random() < 0.6)),
    )


def fully_connected(rng: Rng, batches: int, inputs: int, outputs: int) -> p.FullyConnected:
    """FULLY_CONNECTED."""
    filters = _filter(rng, (outputs, inputs))
    spread = np.sqrt((filters.astype(float) ** 2).sum(axis=1)) * 74
    return p.FullyConnected(
        batches=batches,
        filter=filters,
        bias=_bias(rng, spread),
        input_zero_point=int(rng.integers(-128, 128)),
        requant=requantization(rng, spread, bool(rng.random() < 0.6)),
    )


def pool(
    rng: Rng,
    family: type[p.Pool],
    size: tuple[int, int, int],
    window: tuple[int, int],
    *,
    stride: tuple[int, int],
    same: bool,
) -> p.Pool:
    """MAX_POOL_2D or AVERAGE_POOL_2D of an input [height, width, channels]."""
    output, padding = _geometry(size[:2], window, stride, same, (1, 1))
    low, high = (-128, 127) if rng.random() < 0.5 else (-20, 90)
    shapes = (1, *size), (1, *output, size[2])
    return family(*shapes, window, stride, padding, low, high)


def _geometry(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    same: bool,
    dilation: tuple[int, int],
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Output size and leading padding, per axis."""
    axes = []
    for length, taps, step, gap in zip(size, kernel, stride, dilation, strict=True):
        reach = (taps - 1) * gap + 1
        if same:
            count = math.ceil(length / step)
            axes.append((count, max((count - 1) * step + reach - length, 0) // 2))
        else:
            axes.append(((length - reach) // step + 1, 0))
    (height, top), (width, left) = axes
    return (height, width), (top, left)


def add(rng: Rng, size: int) -> p.Add:
    """ADD of two tensors of ``size`` elements."""
    a, b = rng.uniform(0.01, 0.1, 2)
    out, twice = rng.uniform(0.3, 1.2) * (a + b), 2 * max(a, b)
    (am, ash), (bm, bsh) = quantize_multiplier(a / twice), quantize_multiplier(b / twice)
    om, osh = quantize_multiplier(twice / ((1 << 20) * out))
    zeros = [int(zero) for zero in rng.integers(-128, 128, 3)]
    low = zeros[2] if rng.random() < 0.5 else -128
    requant = p.Requantization(
        np.array([om], np.int32), np.array([osh], np.int32), zeros[2], low, 127
    )
    shape = (1, size)
    return p.Add(shape, shape, shape, 20, zeros[0], am, ash, zeros[1], bm, bsh, requant)
