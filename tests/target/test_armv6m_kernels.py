"""Products at the limits of their halves, on an emulated Cortex-M0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support import drawn, kernel_cases
from tests.support.armv7em import Case
from tests.support.families import ARMV6M
from tinyedge.compile import params as p
from tinyedge.compile.plan import Domain

Layer = p.FullyConnected | p.Conv2D | p.DepthwiseConv2D

#: four weights each, whose products with some inputs are as large as may be, or larger
EXTREME = [
    (127, 127, 0, 0),
    (0, 0, 127, 127),
    (-128, 0, -127, 0),
    (0, -128, 0, 127),
    (64, 64, 64, 63),
    (-128, -128, -128, -128),
    (127, -128, 127, -128),
]


def at_the_limits(rng: np.random.Generator, q: Layer, size: tuple[int, ...]) -> Iterator[Case]:
    """The layer with inputs of -128 and 127, alike in each column.

    The output tells units of the sum, which the bias leaves near 0.
    """
    x = rng.choice(np.array([-128, 127], np.int8), (size[0], 1, size[2])).repeat(size[1], axis=1)
    if isinstance(q, p.DepthwiseConv2D):
        channels, axis, window = size[2], (0, 1), x[: q.filter.shape[0], : q.filter.shape[1]]
    else:
        channels, axis, window = q.filter.shape[0], -1, x[0, 0]
    weights = q.filter.astype(np.int64).reshape(-1, *window.shape) if axis == -1 else q.filter
    sums = (weights * (window.astype(np.int64) - q.input_zero_point)).sum(axis=axis)
    bias = rng.integers(-100, 100, channels) - sums
    shifts = np.zeros(channels, np.int32)
    sharp = p.Requantization(np.full(channels, 3 << 29, np.int32), shifts, 0, -128, 127)
    q = replace(q, bias=bias.astype(np.int32), requant=sharp)
    operand = x.reshape(-1).view(np.uint8)
    expected = kernel_cases.twin(q, (operand,), Domain.PLAIN)
    assert np.unique(expected).size > channels // 2
    for case in ARMV6M.cases(rng, q, x.size):
        yield replace(case, operands=(operand,), expected=expected)


def test_products_at_the_limits_of_their_halves(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for _ in range(4):
        dense = drawn.fully_connected(rng, 1, 32, 24)
        filters = rng.choice(np.array(EXTREME, np.int8), 24 * 8).reshape(24, 32)
        found += at_the_limits(rng, replace(dense, filter=filters), (1, 1, 32))
        conv = drawn.conv2d(rng, (1, 5, 16), 12, (1, 1))
        filters = rng.choice(np.array(EXTREME, np.int8), 12 * 4).reshape(12, 1, 1, 16)
        found += at_the_limits(rng, replace(conv, filter=filters), (1, 5, 16))
        depthwise = drawn.depthwise_conv2d(rng, (3, 6, 8), (3, 3), same=False)
        filters = rng.choice(np.array([-128, -127, 0, 127], np.int8), (3, 3, 8))
        found += at_the_limits(rng, replace(depthwise, filter=filters), (3, 6, 8))
    assert len({case.kernel.name for case in found}) > 4
    ARMV6M.check(found, tmp_path)
