"""What the kernels for ARMv7E-M alone do, on an emulated Cortex-M4: Winograd and pools."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support import drawn
from tests.support.armv7em import Case
from tests.support.families import ARMV7EM
from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv7em.kernels import Winograd

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
        every = ARMV7EM.cases(rng, q, int(np.prod(size)))
        found += [case for case in every if isinstance(case.kernel, Winograd)]
    assert len(found) > 2 * len(WINOGRAD)
    ARMV7EM.check(found, tmp_path)


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
        found += ARMV7EM.cases(rng, q, int(np.prod(size)))
    ARMV7EM.check(found, tmp_path)
