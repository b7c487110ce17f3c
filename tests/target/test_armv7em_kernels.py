"""Every tuned kernel against its numpy twin, on an emulated Cortex-M4, over drawn shapes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support import armv7em, drawn, kernel_cases, tools
from tests.support.armv7em import Case
from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv7em import FAST, SMALL
from tinyedge.compile.kernels.armv7em.kernels import Winograd
from tinyedge.compile.plan import Domain

cases = partial(kernel_cases.draw, (*FAST, *SMALL), domain=Domain.OFFSET)


def check(cases: list[Case], folder: Path) -> None:
    tools.need("arm-none-eabi-gcc", "qemu-system-arm")
    kernel_cases.check(cases, armv7em.run(cases, folder))


CONVOLUTIONS = [
    # input, outputs, kernel, stride, same
    ((5, 5, 64), 64, (1, 1), (1, 1), True),
    ((6, 6, 8), 16, (1, 1), (1, 1), True),
    ((7, 3, 16), 6, (1, 1), (1, 1), True),
    ((5, 4, 7), 9, (1, 1), (1, 1), True),
    ((8, 8, 12), 20, (1, 1), (2, 2), True),
    ((6, 6, 16), 8, (3, 3), (1, 1), True),
    ((12, 10, 1), 16, (10, 4), (2, 2), True),
    ((10, 10, 3), 8, (3, 3), (2, 2), True),
    ((9, 7, 5), 7, (3, 2), (1, 2), False),
    ((30, 1, 12), 10, (3, 1), (1, 1), True),
    ((8, 8, 4), 5, (5, 5), (1, 1), True),
    ((9, 9, 3), 4, (3, 3), (3, 3), True),
    ((9, 9, 3), 4, (2, 3), (1, 1), False),
    ((8, 10, 1), 6, (4, 5), (1, 1), True),
    ((11, 9, 1), 3, (5, 5), (2, 2), True),
]


DILATED = [
    # input, outputs, kernel, dilation
    ((12, 9, 4), 6, (3, 1), (2, 1)),
    ((9, 12, 5), 7, (3, 3), (2, 2)),
    ((30, 1, 8), 6, (3, 1), (4, 1)),
    ((6, 14, 3), 4, (1, 3), (1, 3)),
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


WINOGRAD = [
    # input, outputs, same
    ((8, 8, 16), 16, True),
    ((9, 7, 8), 5, True),
    ((6, 5, 12), 4, False),
    ((4, 2, 4), 3, True),
    ((5, 3, 64), 6, True),
    ((10, 12, 32), 9, False),
    ((12, 5, 64), 32, True),
]


@pytest.mark.parametrize("seed", range(2))
def test_winograd(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, outputs, same in WINOGRAD:
        q = drawn.conv2d(rng, size, outputs, (3, 3), same=same)
        every = cases(rng, q, (int(np.prod(size)),), outputs)
        found += [case for case in every if isinstance(case.kernel, Winograd)]
    assert len(found) > 2 * len(WINOGRAD)
    check(found, tmp_path)


DEPTHWISE = [
    # input, kernel, stride, same
    ((9, 5, 16), (3, 3), (1, 1), True),
    ((26, 4, 8), (3, 3), (1, 1), False),
    ((12, 12, 8), (3, 3), (1, 1), True),
    ((11, 12, 12), (3, 3), (2, 2), True),
    ((7, 7, 6), (3, 3), (2, 2), True),
    ((9, 8, 8), (3, 3), (1, 1), False),
    ((3, 3, 5), (3, 3), (1, 1), True),
    ((30, 1, 8), (10, 1), (1, 1), False),
    ((28, 1, 12), (5, 1), (1, 1), False),
    ((15, 1, 8), (15, 1), (1, 1), False),
    ((9, 9, 8), (5, 5), (1, 1), True),
    ((8, 11, 4), (5, 7), (2, 2), True),
    ((6, 9, 4), (2, 4), (1, 2), True),
    ((1, 14, 4), (1, 6), (1, 1), True),
]


@pytest.mark.parametrize("seed", range(2))
def test_depthwise(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, kernel, stride, same in DEPTHWISE:
        q = drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
    for size, multiplier in (((7, 6, 2), 2), ((6, 9, 3), 3), ((5, 12, 2), 8), ((9, 1, 5), 5)):
        kernel = (3, min(3, size[1]))
        q = drawn.depthwise_conv2d(rng, size, kernel, multiplier=multiplier)
        found += cases(rng, q, (int(np.prod(size)),), size[2] * multiplier)
    assert any(case.node.params.depth_multiplier > 1 for case in found)
    for size, _, kernel, dilation in DILATED:
        q = drawn.depthwise_conv2d(rng, (*size[:2], size[2] + 1), kernel, dilation=dilation)
        found += cases(rng, q, (int(np.prod(q.input_shape)),), size[2] + 1)
    check(found, tmp_path)


def test_fully_connected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for batches, inputs, outputs in [(1, 64, 12), (1, 640, 8), (1, 9, 128), (3, 20, 7), (2, 8, 33)]:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        found += cases(rng, q, (batches * inputs,), outputs)
    inside = kernel_cases.inside_scratch(found)
    assert any(case.inside for case in inside)
    check(found + inside, tmp_path)


def test_add(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (64, 37, 4, 1000):
        found += cases(rng, drawn.add(rng, size), (size, size), size)
    check(found, tmp_path)


POOLS = [
    # input, window, stride, same
    ((8, 8, 12), (2, 2), (2, 2), False),
    ((9, 7, 8), (3, 3), (2, 2), True),
    ((6, 5, 64), (6, 5), (1, 1), False),
    ((5, 5, 20), (3, 2), (1, 1), True),
    ((4, 4, 4), (1, 1), (2, 2), True),
]


@pytest.mark.parametrize("family", [p.MaxPool, p.AveragePool])
def test_pool(family: type[p.Pool], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size, window, stride, same in POOLS:
        q = drawn.pool(rng, family, size, window, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
    check(found, tmp_path)


def test_a_wrong_byte_and_a_stray_write_are_noticed(tmp_path: Path) -> None:
    tools.need("arm-none-eabi-gcc", "qemu-system-arm")
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (5, 4, 8), 4, (1, 1))
    case = next(cases(rng, q, (160,), 4))
    wrong = Case(case.kernel, case.node, case.operands, case.expected ^ np.uint8(1))
    short = Case(case.kernel, case.node, case.operands, case.expected[:-12])
    outcomes = armv7em.run([wrong, short], tmp_path)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
