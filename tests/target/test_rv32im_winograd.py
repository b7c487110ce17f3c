"""RISC-V's F(4x4, 3x3): every remainder of tiles, groups and channels, and sums at their limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support import drawn, kernel_cases
from tests.support.armv7em import Case
from tests.support.families import RV32IM, Family
from tinyedge.compile import params as p
from tinyedge.compile.kernels.rv32im import FAST, winograd

KERNELS = [kernel for kernel in FAST if isinstance(kernel, winograd.WinogradConvolution)]
WINOGRAD = Family(RV32IM.name, RV32IM.board, KERNELS)

SHAPES = [
    # input, outputs, same
    ((4, 4, 4), 4, True),
    ((8, 8, 8), 9, True),
    ((1, 1, 4), 3, True),
    ((1, 9, 4), 2, True),
    ((10, 1, 12), 5, True),
    ((5, 7, 8), 4, True),
    ((6, 10, 4), 7, False),
    ((3, 3, 16), 4, False),
    ((9, 30, 4), 6, True),
    ((13, 19, 8), 4, False),
    ((14, 11, 20), 13, True),
    ((4, 40, 4), 1, True),
    ((11, 18, 3), 8, True),
    ((7, 6, 1), 4, False),
    ((6, 9, 7), 5, True),
]


def layers(rng: np.random.Generator) -> Iterator[p.Conv2D]:
    """Each shape: as it is drawn, and with limits and a zero point for which sums' signs count."""
    for size, outputs, same in SHAPES:
        q = drawn.conv2d(rng, size, outputs, (3, 3), same=same)
        yield q
        yield replace(q, requant=replace(q.requant, zero_point=5, low=-100, high=90))


def test_drawn_layers(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    found = [c for q in layers(rng) for c in WINOGRAD.cases(rng, q, int(np.prod(q.input_shape)))]
    assert {case.kernel for case in found} == set(KERNELS)
    WINOGRAD.check(found, tmp_path)


def saturated(rng: np.random.Generator, channels: int) -> p.Conv2D:
    """Filters of the largest weights; some channels of one sign, so that sums are the largest."""
    q = drawn.conv2d(rng, (7, 9, channels), 6, (3, 3))
    filters = rng.choice(np.array([-128, 127], np.int8), q.filter.shape)
    filters[0], filters[1] = -128, 127
    filters[2, ..., : channels // 2] = -128
    return replace(q, filter=filters)


def test_the_largest_weights_and_inputs(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    found: list[Case] = []
    for channels in (4, 24):
        q = saturated(rng, channels)
        for case in WINOGRAD.cases(rng, q, int(np.prod(q.input_shape))):
            extreme = rng.choice(np.array([0x7F, 0x80], np.uint8), case.operands[0].size)
            for inputs in (extreme, np.full_like(extreme, 0x80), np.full_like(extreme, 0x7F)):
                expected = kernel_cases.twin(q, (inputs,), case.node.output.domain)
                found.append(replace(case, operands=(inputs,), expected=expected))
    WINOGRAD.check(found, tmp_path)


def test_sums_that_leave_32_bits_are_refused() -> None:
    rng = np.random.default_rng(6)
    assert winograd.plan(saturated(rng, 24), 1) is not None
    assert winograd.plan(saturated(rng, 64), 1) is None
    strided = drawn.conv2d(rng, (8, 8, 8), 4, (3, 3), stride=(2, 2))
    assert winograd.plan(strided, 1) is None
