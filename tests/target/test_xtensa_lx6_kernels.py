"""What the kernels for Xtensa LX6 alone do, on an emulated core: Winograd and average pools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support import drawn, kernel_cases
from tests.support.armv7em import Case
from tests.support.families import XTENSA_LX6
from tinyedge.compile import params as p
from tinyedge.compile.kernels.xtensa_lx6 import FAST
from tinyedge.compile.kernels.xtensa_lx6.kernels import Winograd
from tinyedge.compile.params import AveragePool
from tinyedge.compile.plan import Domain

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
    XTENSA_LX6.check(found, tmp_path)


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
        found += XTENSA_LX6.cases(rng, q, int(np.prod(size)))
    assert len(found) == len(POOLS)
    XTENSA_LX6.check(found, tmp_path)


def test_an_emulated_multiplication_counts_as_one_instruction(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (4, 400, 800):
        q = drawn.add(rng, size)
        whole = replace(q, requant=replace(q.requant, low=-128, high=127))
        found += XTENSA_LX6.cases(rng, whole, size, size)
    # the first spills the callers' registers
    _, few, many = XTENSA_LX6.run(found, tmp_path)
    # a turn of four elements, with eight of MULSH; the clock is off by one at either end
    assert abs(many.instructions - few.instructions - 100 * 45) <= 2
