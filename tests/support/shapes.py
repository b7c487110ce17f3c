"""The shapes of layers that every family's kernels meet, and the layers drawn for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np

from tests.support import drawn
from tinyedge.compile import params as p

Rng = np.random.Generator
Layer = TypeVar("Layer", p.Conv2D, p.DepthwiseConv2D, p.FullyConnected)

CONVOLUTIONS = [
    # input, outputs, kernel, stride, same
    ((5, 5, 64), 12, (1, 1), (1, 1), True),
    ((5, 5, 64), 64, (1, 1), (1, 1), True),
    ((6, 6, 8), 16, (1, 1), (1, 1), True),
    ((7, 3, 16), 6, (1, 1), (1, 1), True),
    ((5, 4, 7), 9, (1, 1), (1, 1), True),
    ((3, 5, 180), 5, (1, 1), (1, 1), True),
    ((1, 2, 36), 5, (1, 1), (1, 1), True),
    ((2, 1, 12), 4, (1, 1), (1, 1), True),
    ((8, 8, 12), 20, (1, 1), (2, 2), True),
    ((9, 8, 16), 6, (1, 1), (2, 2), False),
    ((6, 6, 4), 1, (1, 1), (3, 3), True),
    ((6, 6, 4), 2, (1, 1), (3, 3), True),
    ((6, 6, 16), 8, (3, 3), (1, 1), True),
    ((7, 8, 40), 5, (3, 3), (1, 1), True),
    ((6, 9, 48), 10, (3, 3), (1, 1), True),
    ((7, 8, 32), 16, (3, 3), (2, 2), True),
    ((10, 10, 3), 8, (3, 3), (2, 2), True),
    ((9, 9, 3), 4, (3, 3), (3, 3), True),
    ((12, 10, 1), 16, (10, 4), (2, 2), True),
    ((8, 10, 1), 6, (4, 5), (1, 1), True),
    ((11, 9, 1), 3, (5, 5), (2, 2), True),
    ((8, 8, 4), 5, (5, 5), (1, 1), True),
    ((9, 7, 5), 7, (3, 2), (1, 2), False),
    ((30, 1, 12), 10, (3, 1), (1, 1), True),
    ((8, 9, 8), 4, (2, 3), (1, 1), False),
    ((9, 9, 3), 4, (2, 3), (1, 1), False),
    ((8, 8, 6), 4, (2, 3), (1, 1), True),
    ((6, 7, 2), 5, (3, 3), (1, 1), True),
]
DILATED = [
    # input, outputs, kernel, dilation
    ((12, 9, 4), 6, (3, 1), (2, 1)),
    ((12, 9, 4), 6, (3, 3), (2, 1)),
    ((9, 12, 5), 7, (3, 3), (2, 2)),
    ((30, 1, 8), 6, (3, 1), (4, 1)),
    ((6, 14, 4), 4, (1, 3), (1, 3)),
]
DEPTHWISE = [
    # input, kernel, stride, same
    ((9, 5, 16), (3, 3), (1, 1), True),
    ((26, 4, 8), (3, 3), (1, 1), False),
    ((12, 12, 8), (3, 3), (1, 1), True),
    ((11, 12, 12), (3, 3), (2, 2), True),
    ((17, 7, 4), (3, 3), (2, 2), True),
    ((7, 7, 6), (3, 3), (2, 2), True),
    ((8, 8, 5), (3, 3), (2, 2), True),
    ((5, 5, 12), (3, 3), (2, 2), False),
    ((9, 8, 8), (3, 3), (1, 1), False),
    ((2, 8, 8), (3, 3), (1, 1), True),
    ((3, 3, 8), (3, 3), (1, 1), True),
    ((3, 3, 5), (3, 3), (1, 1), True),
    ((20, 1, 4), (3, 3), (1, 1), True),
    ((30, 1, 8), (10, 1), (1, 1), False),
    ((28, 1, 12), (5, 1), (1, 1), False),
    ((40, 1, 20), (5, 1), (1, 1), True),
    ((13, 1, 8), (13, 1), (1, 1), False),
    ((15, 1, 4), (15, 1), (1, 1), False),
    ((1, 24, 6), (1, 14), (1, 1), False),
    ((1, 14, 4), (1, 6), (1, 1), True),
    ((9, 9, 4), (5, 5), (1, 1), True),
    ((8, 11, 4), (4, 7), (2, 2), True),
    ((8, 11, 4), (5, 7), (2, 2), True),
    ((7, 9, 5), (2, 3), (1, 1), True),
    ((6, 9, 3), (2, 4), (1, 2), True),
    ((13, 10, 2), (3, 1), (3, 2), False),
    ((30, 1, 4), (20, 1), (1, 1), True),
    ((14, 1, 8), (5, 1), (3, 1), True),
    ((6, 5, 4), (1, 1), (1, 1), True),
    ((9, 7, 4), (4, 2), (1, 1), True),
    ((8, 9, 4), (3, 1), (1, 2), True),
    ((7, 8, 4), (3, 3), (3, 3), True),
]
MULTIPLIED = [((7, 6, 2), 2), ((6, 9, 3), 3), ((5, 12, 2), 8), ((9, 1, 5), 5)]
DENSE = [
    # batches, inputs, outputs
    (1, 64, 12),
    (1, 640, 8),
    (1, 9, 40),
    (3, 20, 7),
    (2, 8, 33),
]


def convolutions(rng: Rng) -> Iterator[p.Conv2D]:
    """Layers of all the shapes above, each twice (``variants``); likewise the next two."""
    for size, outputs, kernel, stride, same in CONVOLUTIONS:
        yield from variants(drawn.conv2d(rng, size, outputs, kernel, stride=stride, same=same))
    for size, outputs, kernel, dilation in DILATED:
        yield from variants(drawn.conv2d(rng, size, outputs, kernel, dilation=dilation))


def depthwise(rng: Rng) -> Iterator[p.DepthwiseConv2D]:
    for size, kernel, stride, same in DEPTHWISE:
        yield from variants(drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same))
    for size, multiplier in MULTIPLIED:
        kernel = (3, min(3, size[1]))
        yield from variants(drawn.depthwise_conv2d(rng, size, kernel, multiplier=multiplier))
    for (height, width, channels), _, kernel, dilation in DILATED:
        size = (height, width, channels + 1)
        yield from variants(drawn.depthwise_conv2d(rng, size, kernel, dilation=dilation))


def dense(rng: Rng) -> Iterator[p.FullyConnected]:
    for batches, inputs, outputs in DENSE:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        yield from variants(q)
        yield replace(q, requant=drawn.one_multiplier(q.requant))
        shifts = q.requant.shifts - np.arange(outputs, dtype=np.int32) % 2 * 5
        yield replace(q, requant=replace(q.requant, shifts=shifts))


def variants(q: Layer) -> Iterator[Layer]:
    """The layer, and with limits that both bite where negative sums count.

    There only TFLM's own roundings are exact.
    """
    yield q
    yield replace(q, requant=replace(q.requant, zero_point=5, low=-100, high=90))
