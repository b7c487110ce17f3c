"""Every family's kernels against their numpy twins, on emulated cores, over drawn shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support import drawn, families, kernel_cases, shapes
from tests.support.families import Family
from tinyedge.compile import params as p

every_family = pytest.mark.parametrize("family", families.ALL, ids=str)
Layers = Iterator[p.Conv2D] | Iterator[p.DepthwiseConv2D]
#: whose dense layers may have their operand where the scratch overwrites it
IN_SCRATCH = (families.ARMV6M, families.ARMV7EM, families.XTENSA_LX6)


@every_family
@pytest.mark.parametrize("layers", [shapes.convolutions, shapes.depthwise])
def test_windows(
    family: Family, layers: Callable[[np.random.Generator], Layers], tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    found = [
        case for q in layers(rng) for case in family.cases(rng, q, int(np.prod(q.input_shape)))
    ]
    family.check(found, tmp_path)


@every_family
def test_fully_connected(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found = [
        case
        for q in shapes.dense(rng)
        for case in family.cases(rng, q, q.batches * q.filter.shape[1])
    ]
    inside = kernel_cases.inside_scratch(found)
    assert any(case.inside for case in inside) == (family in IN_SCRATCH)
    family.check(found + inside, tmp_path)


@every_family
def test_add(family: Family, tmp_path: Path) -> None:
    rng = np.random.default_rng(22)
    found = [
        case
        for size in (64, 37, 4, 1000, 16, 333)
        for case in family.cases(rng, drawn.add(rng, size), size, size)
    ]
    top = 0x80 if family is families.ARMV7EM else 0
    assert {0x80, 0x7F} <= {int(y) ^ top for case in found for y in case.expected}
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
