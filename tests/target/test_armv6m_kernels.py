"""Every kernel for ARMv6-M against its numpy twin, on an emulated board, over drawn shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support import bare_kernels, drawn, kernel_cases
from tests.support.armv7em import Case
from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv6m import FAST, SMALL
from tinyedge.compile.plan import Domain

cases = partial(kernel_cases.draw, (*FAST, *SMALL))


def check(cases: list[Case], folder: Path) -> None:
    kernel_cases.check(cases, bare_kernels.run("qemu-mps2-m0", "armv6m", cases, folder))


CONVOLUTIONS = [
    # input, outputs, kernel, stride, same
    ((5, 5, 64), 12, (1, 1), (1, 1), True),
    ((6, 6, 8), 16, (1, 1), (1, 1), True),
    ((7, 3, 16), 6, (1, 1), (1, 1), True),
    ((5, 4, 7), 9, (1, 1), (1, 1), True),
    ((1, 2, 36), 5, (1, 1), (1, 1), True),
    ((8, 8, 12), 20, (1, 1), (2, 2), True),
    ((6, 6, 16), 8, (3, 3), (1, 1), True),
    ((12, 10, 1), 16, (10, 4), (2, 2), True),
    ((10, 10, 3), 8, (3, 3), (2, 2), True),
    ((9, 7, 5), 7, (3, 2), (1, 2), False),
    ((30, 1, 12), 10, (3, 1), (1, 1), True),
    ((7, 8, 40), 5, (3, 3), (1, 1), True),
    ((9, 9, 3), 4, (3, 3), (3, 3), True),
    ((8, 9, 8), 4, (2, 3), (1, 1), False),
    ((6, 6, 4), 1, (1, 1), (3, 3), True),
]
DILATED = [
    # input, outputs, kernel, dilation
    ((12, 9, 4), 6, (3, 3), (2, 1)),
    ((9, 12, 5), 7, (3, 3), (2, 2)),
    ((30, 1, 8), 6, (3, 1), (4, 1)),
    ((6, 14, 4), 4, (1, 3), (1, 3)),
]


@pytest.mark.parametrize("seed", range(2))
def test_convolution(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, outputs, kernel, stride, same in CONVOLUTIONS:
        q = drawn.conv2d(rng, size, outputs, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    for size, outputs, kernel, dilation in DILATED:
        q = drawn.conv2d(rng, size, outputs, kernel, dilation=dilation)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    check(found, tmp_path)


DEPTHWISE = [
    # input, kernel, stride, same
    ((9, 5, 16), (3, 3), (1, 1), True),
    ((12, 12, 8), (3, 3), (1, 1), True),
    ((11, 12, 12), (3, 3), (2, 2), True),
    ((17, 7, 4), (3, 3), (2, 2), True),
    ((8, 8, 5), (3, 3), (2, 2), True),
    ((9, 8, 8), (3, 3), (1, 1), False),
    ((3, 3, 8), (3, 3), (1, 1), True),
    ((20, 1, 4), (3, 3), (1, 1), True),
    ((30, 1, 8), (10, 1), (1, 1), False),
    ((15, 1, 4), (15, 1), (1, 1), False),
    ((9, 9, 4), (5, 5), (1, 1), True),
    ((8, 11, 4), (4, 7), (2, 2), True),
    ((6, 9, 3), (2, 4), (1, 2), True),
    ((1, 14, 4), (1, 6), (1, 1), True),
    ((13, 10, 2), (3, 1), (3, 2), False),
]


@pytest.mark.parametrize("seed", range(2))
def test_depthwise(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, kernel, stride, same in DEPTHWISE:
        q = drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
    check(found, tmp_path)


def test_fully_connected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for batches, inputs, outputs in [(1, 64, 12), (1, 640, 8), (1, 9, 40), (3, 20, 7), (2, 8, 33)]:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        found += cases(rng, q, (batches * inputs,), outputs)
    inside = kernel_cases.inside_scratch(found)
    assert inside
    check(found + inside, tmp_path)


def test_add(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (64, 37, 4, 1000):
        found += cases(rng, drawn.add(rng, size), (size, size), size)
    check(found, tmp_path)


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
    for case in cases(rng, q, (x.size,), channels):
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
    check(found, tmp_path)


def test_a_wrong_byte_and_a_stray_write_are_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (5, 4, 8), 4, (1, 1))
    case = next(cases(rng, q, (160,), 4))
    wrong = Case(case.kernel, case.node, case.operands, case.expected ^ np.uint8(1))
    short = Case(case.kernel, case.node, case.operands, case.expected[:-12])
    outcomes = bare_kernels.run("qemu-mps2-m0", "armv6m", [wrong, short], tmp_path)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
