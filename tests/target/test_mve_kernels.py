"""Every kernel for MVE (Helium) against its numpy twin, on an emulated core, over drawn shapes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support import bare_kernels, drawn, kernel_cases
from tests.support.armv7em import Case
from tinyedge.compile.kernels.mve import FAST
from tinyedge.compile.kernels.packing import round_up
from tinyedge.compile.params import AveragePool, Requantization
from tinyedge.compile.plan import Domain

cases = partial(kernel_cases.draw, FAST)


def check(cases: list[Case], folder: Path) -> None:
    kernel_cases.check(cases, bare_kernels.run("qemu-mps3-an547", "mve", cases, folder))


CONVOLUTIONS = [
    # input, outputs, kernel, stride, same
    ((5, 5, 64), 12, (1, 1), (1, 1), True),
    ((6, 6, 8), 16, (1, 1), (1, 1), True),
    ((7, 3, 16), 6, (1, 1), (1, 1), True),
    ((5, 4, 7), 9, (1, 1), (1, 1), True),
    ((3, 5, 180), 5, (1, 1), (1, 1), True),
    ((8, 8, 12), 20, (1, 1), (2, 2), True),
    ((6, 6, 16), 8, (3, 3), (1, 1), True),
    ((12, 10, 1), 16, (10, 4), (2, 2), True),
    ((10, 10, 3), 8, (3, 3), (2, 2), True),
    ((9, 7, 5), 7, (3, 2), (1, 2), False),
    ((30, 1, 12), 10, (3, 1), (1, 1), True),
    ((7, 8, 40), 5, (3, 3), (1, 1), True),
    ((9, 9, 3), 4, (3, 3), (3, 3), True),
    ((8, 9, 8), 4, (2, 3), (1, 1), False),
    ((6, 6, 4), 2, (1, 1), (3, 3), True),
    ((6, 9, 48), 10, (3, 3), (1, 1), True),
    ((7, 8, 32), 16, (3, 3), (2, 2), True),
    ((9, 8, 16), 6, (1, 1), (2, 2), False),
    ((2, 1, 12), 4, (1, 1), (1, 1), True),
]
DILATED = [
    # input, outputs, kernel, dilation
    ((12, 9, 4), 6, (3, 1), (2, 1)),
    ((30, 1, 8), 6, (3, 1), (4, 1)),
]


@pytest.mark.parametrize("seed", range(2))
def test_convolution(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, outputs, kernel, stride, same in CONVOLUTIONS:
        q = drawn.conv2d(rng, size, outputs, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
        if outputs % 4 == 0:
            q = replace(q, requant=clipped(q.requant))
            found += cases(rng, q, (int(np.prod(size)),), outputs)
    for size, outputs, kernel, dilation in DILATED:
        q = drawn.conv2d(rng, size, outputs, kernel, dilation=dilation)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    check(found, tmp_path)


def test_pointwise_layers_run_either_way_in_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size, outputs in [((5, 5, 64), 12), ((6, 6, 8), 16), ((7, 3, 16), 16), ((1, 9, 12), 6)]:
        q = drawn.conv2d(rng, size, outputs, (1, 1))
        for case in cases(rng, q, (int(np.prod(size)),), outputs):
            rule = case.kernel.overlap(case.node, 0)
            closest = -round_up(rule.lead, 4), round_up(rule.lag, 4)
            found += [replace(case, distance=distance) for distance in closest]
    check(found, tmp_path)


def clipped(q: Requantization) -> Requantization:
    """Limits that both bite, where negative sums count: only TFLM's own roundings are exact."""
    return replace(q, zero_point=5, low=-100, high=90)


DEPTHWISE = [
    # input, kernel, stride, same
    ((9, 5, 16), (3, 3), (1, 1), True),
    ((12, 12, 8), (3, 3), (1, 1), True),
    ((11, 12, 12), (3, 3), (2, 2), True),
    ((17, 7, 4), (3, 3), (2, 2), True),
    ((9, 8, 8), (3, 3), (1, 1), False),
    ((3, 3, 8), (3, 3), (1, 1), True),
    ((20, 1, 4), (3, 3), (1, 1), True),
    ((30, 1, 8), (10, 1), (1, 1), False),
    ((15, 1, 4), (15, 1), (1, 1), False),
    ((40, 1, 20), (5, 1), (1, 1), True),
    ((1, 24, 6), (1, 14), (1, 1), False),
    ((13, 1, 8), (13, 1), (1, 1), False),
    ((7, 9, 5), (2, 3), (1, 1), True),
    ((2, 8, 8), (3, 3), (1, 1), True),
    ((5, 5, 12), (3, 3), (2, 2), False),
]


@pytest.mark.parametrize("seed", range(2))
def test_depthwise(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    found: list[Case] = []
    for size, kernel, stride, same in DEPTHWISE:
        q = drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
        clip = replace(q, requant=clipped(q.requant))
        found += cases(rng, clip, (int(np.prod(size)),), size[2])
    check(found, tmp_path)


def test_fully_connected(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for batches, inputs, outputs in [(1, 64, 12), (1, 640, 8), (1, 9, 40), (3, 20, 7), (2, 8, 33)]:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        clip = replace(q, requant=clipped(q.requant))
        found += [
            *cases(rng, q, (batches * inputs,), outputs),
            *cases(rng, clip, (batches * inputs,), outputs),
        ]
    check(found, tmp_path)


def test_add(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (64, 37, 4, 1000, 16, 333):
        found += cases(rng, drawn.add(rng, size), (size, size), size)
    check(found, tmp_path)


def test_average_pool(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for height, width, channels in [(5, 5, 64), (8, 8, 16), (3, 3, 24), (15, 17, 8), (1, 2, 40)]:
        window = (height, width)
        size = (height, width, channels)
        for _ in range(2):
            q = drawn.pool(rng, AveragePool, size, window, stride=window, same=False)
            q = replace(q, low=-128, high=127)
            found += cases(rng, q, (int(np.prod(size)),), channels)
    assert len(found) == 10
    # inputs all alike, so that sums reach both ends and halves of either sign
    case = found[2]
    for ends in ((-128, -128), (-1, 0), (-3, -2), (0, 1), (127, 127)):
        x = np.repeat(np.array(ends, np.int8), case.operands[0].size // 2).view(np.uint8)
        expected = kernel_cases.twin(case.node.params, (x,), Domain.PLAIN)
        found.append(replace(case, operands=(x,), expected=expected, distance=None))
    check(found, tmp_path)


def test_a_wrong_byte_and_a_stray_write_are_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (5, 4, 8), 4, (1, 1))
    case = next(cases(rng, q, (160,), 4))
    wrong = Case(case.kernel, case.node, case.operands, case.expected ^ np.uint8(1))
    short = Case(case.kernel, case.node, case.operands, case.expected[:-12])
    folder = tmp_path
    outcomes = bare_kernels.run("qemu-mps3-an547", "mve", [wrong, short], folder)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
