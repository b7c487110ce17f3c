"""Every kernel for Xtensa LX6 against its numpy twin, on an emulated core, over drawn shapes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support import bare_kernels, drawn, kernel_cases
from tests.support.armv7em import Case
from tinyedge.compile import params as p
from tinyedge.compile.kernels.xtensa_lx6 import FAST
from tinyedge.compile.kernels.xtensa_lx6.kernels import Winograd
from tinyedge.compile.params import AveragePool
from tinyedge.compile.plan import Domain

cases = partial(kernel_cases.draw, FAST)


def check(cases: list[Case], folder: Path) -> None:
    kernel_cases.check(cases, bare_kernels.run("qemu-xtensa", "xtensa_lx6", cases, folder))


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
    ((6, 6, 4), 1, (1, 1), (3, 3), True),
    ((6, 7, 2), 5, (3, 3), (1, 1), True),
    ((8, 8, 6), 4, (2, 3), (1, 1), True),
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
    for size, outputs, kernel, dilation in DILATED:
        q = drawn.conv2d(rng, size, outputs, kernel, dilation=dilation)
        found += cases(rng, q, (int(np.prod(size)),), outputs)
    check(found, tmp_path)


WINOGRAD = [
    # input, outputs, same
    ((8, 8, 16), 16, True),
    ((9, 7, 8), 5, True),
    ((6, 6, 12), 4, False),
    ((4, 4, 4), 3, True),
    ((5, 6, 64), 6, True),
    ((6, 11, 32), 5, False),
    ((7, 5, 8), 85, True),
    ((4, 5, 4), 87, True),
    ((5, 4, 96), 6, True),
]


def winograd(rng: np.random.Generator, q: p.Conv2D) -> list[Case]:
    kernels = [kernel for kernel in FAST if isinstance(kernel, Winograd)]
    size = int(np.prod(q.input_shape))
    return list(kernel_cases.draw(kernels, rng, q, (size,), q.output_shape[3]))


def extreme(rng: np.random.Generator, case: Case) -> Case:
    """The same with inputs that are as low or as high as can be."""
    x = rng.choice(np.array([0, 255], np.uint8), case.operands[0].size)
    expected = kernel_cases.twin(case.node.params, (x,), Domain.PLAIN)
    return replace(case, operands=(x,), expected=expected)


def test_winograd(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size, outputs, same in WINOGRAD * 2:
        q = drawn.conv2d(rng, size, outputs, (3, 3), same=same)
        # so that 576 times the sums of many channels fit 32 bits
        found += winograd(rng, replace(q, filter=q.filter // (4 if size[2] > 24 else 1)))
    assert len({case.node.params.input_shape for case in found}) == len(WINOGRAD)
    assert {case.kernel.layer(case.node).fit.signed for case in found} == {False, True}
    q = drawn.conv2d(rng, (7, 6, 12), 8, (3, 3))
    saturated = rng.choice(np.array([-128, 127], np.int8), q.filter.shape)
    for zero in (-128, 127):
        drawn_so = winograd(rng, replace(q, filter=saturated, input_zero_point=zero))
        found += [extreme(rng, case) for case in drawn_so]
    check(found, tmp_path)


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
    ((9, 9, 4), (5, 5), (1, 1), True),
    ((8, 11, 4), (5, 7), (2, 2), True),
    ((30, 1, 4), (20, 1), (1, 1), True),
    ((14, 1, 8), (5, 1), (3, 1), True),
    ((6, 5, 4), (1, 1), (1, 1), True),
    ((9, 7, 4), (4, 2), (1, 1), True),
    ((8, 9, 4), (3, 1), (1, 2), True),
    ((7, 8, 4), (3, 3), (3, 3), True),
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
        same = replace(q, requant=drawn.one_multiplier(q.requant))
        shifts = q.requant.shifts - np.arange(outputs, dtype=np.int32) % 2 * 5
        mixed = replace(q, requant=replace(q.requant, shifts=shifts))
        for layer in (q, same, mixed):
            found += cases(rng, layer, (batches * inputs,), outputs)
    inside = kernel_cases.inside_scratch(found)
    assert inside
    check(found + inside, tmp_path)


def test_add(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (64, 37, 4, 1000):
        found += cases(rng, drawn.add(rng, size), (size, size), size)
    check(found, tmp_path)


POOLS = [
    # input, window, stride, same
    ((25, 5, 16), (25, 5), (25, 5), False),
    ((8, 8, 4), (8, 8), (8, 8), False),
    ((9, 7, 8), (3, 2), (2, 1), True),
    ((16, 16, 4), (16, 16), (16, 16), False),
]


def test_average_pool(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size, window, stride, same in POOLS:
        q = drawn.pool(rng, AveragePool, size, window, stride=stride, same=same)
        found += cases(rng, q, (int(np.prod(size)),), size[2])
    assert len(found) == len(POOLS)
    check(found, tmp_path)


def test_an_emulated_multiplication_counts_as_one_instruction(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (4, 400, 800):
        q = drawn.add(rng, size)
        whole = replace(q, requant=replace(q.requant, low=-128, high=127))
        found += cases(rng, whole, (size, size), size)
    # the first spills the callers' registers
    _, few, many = bare_kernels.run("qemu-xtensa", "xtensa_lx6", found, tmp_path)
    # a turn of four elements, with eight of MULSH; the clock is off by one at either end
    assert abs(many.instructions - few.instructions - 100 * 45) <= 2


def test_a_wrong_byte_and_a_stray_write_are_noticed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (5, 4, 8), 4, (1, 1))
    case = next(cases(rng, q, (160,), 4))
    wrong = Case(case.kernel, case.node, case.operands, case.expected ^ np.uint8(1))
    short = Case(case.kernel, case.node, case.operands, case.expected[:-12])
    folder = tmp_path
    outcomes = bare_kernels.run("qemu-xtensa", "xtensa_lx6", [wrong, short], folder)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
