"""Every family's kernels against their numpy twins, on emulated cores, over drawn shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from tests.support import drawn, families, kernel_cases
from tests.support.armv7em import Case
from tests.support.families import Family
from tinyedge.compile import params as p

Layer = p.Conv2D | p.DepthwiseConv2D
Dense = TypeVar("Dense", p.Conv2D, p.DepthwiseConv2D, p.FullyConnected)
every_family = pytest.mark.parametrize("family", families.ALL, ids=str)

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
]
MULTIPLIED = [((7, 6, 2), 2), ((6, 9, 3), 3), ((5, 12, 2), 8), ((9, 1, 5), 5)]
#: whose dense layers may have their operand where the scratch overwrites it
IN_SCRATCH = (families.ARMV6M, families.ARMV7EM, families.XTENSA_LX6)
DENSE = [
    # batches, inputs, outputs
    (1, 64, 12),
    (1, 640, 8),
    (1, 9, 40),
    (3, 20, 7),
    (2, 8, 33),
]


def variants(q: Dense) -> Iterator[Dense]:
    """The layer, and with limits that both bite where negative sums count.

    There only TFLM's own roundings are exact.
    """
    yield q
    yield replace(q, requant=replace(q.requant, zero_point=5, low=-100, high=90))


@every_family
def test_convolution(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layers: list[Layer] = [
        drawn.conv2d(rng, size, outputs, kernel, stride=stride, same=same)
        for size, outputs, kernel, stride, same in CONVOLUTIONS
    ]
    layers += [
        drawn.conv2d(rng, size, outputs, kernel, dilation=dilation)
        for size, outputs, kernel, dilation in DILATED
    ]
    family.check(drawn_cases(family, rng, layers), tmp_path)


@every_family
def test_depthwise(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layers: list[Layer] = [
        drawn.depthwise_conv2d(rng, size, kernel, stride=stride, same=same)
        for size, kernel, stride, same in DEPTHWISE
    ]
    layers += [
        drawn.depthwise_conv2d(rng, size, (3, min(3, size[1])), multiplier=multiplier)
        for size, multiplier in MULTIPLIED
    ]
    layers += [
        drawn.depthwise_conv2d(rng, (*size[:2], size[2] + 1), kernel, dilation=dilation)
        for size, _, kernel, dilation in DILATED
    ]
    family.check(drawn_cases(family, rng, layers), tmp_path)


def drawn_cases(family: Family, rng: np.random.Generator, layers: list[Layer]) -> list[Case]:
    """Each layer, with its own limits and others, by every kernel of the family that takes it."""
    return [
        case
        for q in layers
        for layer in variants(q)
        for case in family.cases(rng, layer, int(np.prod(layer.input_shape)))
    ]


@every_family
def test_fully_connected(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for batches, inputs, outputs in DENSE:
        q = drawn.fully_connected(rng, batches, inputs, outputs)
        same = replace(q, requant=drawn.one_multiplier(q.requant))
        shifts = q.requant.shifts - np.arange(outputs, dtype=np.int32) % 2 * 5
        mixed = replace(q, requant=replace(q.requant, shifts=shifts))
        for layer in (*variants(q), same, mixed):
            found += family.cases(rng, layer, batches * inputs)
    inside = kernel_cases.inside_scratch(found)
    assert any(case.inside for case in inside) == (family in IN_SCRATCH)
    family.check(found + inside, tmp_path)


@every_family
def test_add(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size in (64, 37, 4, 1000, 16, 333):
        found += family.cases(rng, drawn.add(rng, size), size, size)
    family.check(found, tmp_path)


@every_family
def test_a_wrong_byte_and_a_stray_write_are_noticed(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    case = next(family.cases(rng, drawn.conv2d(rng, (5, 4, 8), 4, (1, 1)), 160))
    wrong = replace(case, expected=case.expected ^ np.uint8(1), distance=None)
    short = replace(case, expected=case.expected[:-12], distance=None)
    outcomes = family.run([wrong, short], tmp_path)
    assert outcomes[0].wrong == case.expected.size
    assert outcomes[1].strays > 0
