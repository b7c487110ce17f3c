"""What the kernels for MVE (Helium) alone do, on an emulated core: in place, average pools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support import drawn, kernel_cases
from tests.support.armv7em import Case
from tests.support.families import MVE
from tinyedge.compile.kernels.packing import round_up
from tinyedge.compile.params import AveragePool
from tinyedge.compile.plan import Domain


def test_pointwise_layers_run_either_way_in_place(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for size, outputs in [((5, 5, 64), 12), ((6, 6, 8), 16), ((7, 3, 16), 16), ((1, 9, 12), 6)]:
        q = drawn.conv2d(rng, size, outputs, (1, 1))
        for case in MVE.cases(rng, q, int(np.prod(size))):
            rule = case.kernel.overlap(case.node, 0)
            closest = -round_up(rule.lead, 4), round_up(rule.lag, 4)
            found += [replace(case, distance=distance) for distance in closest]
    MVE.check(found, tmp_path)


def test_average_pool(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    found: list[Case] = []
    for height, width, channels in [(5, 5, 64), (8, 8, 16), (3, 3, 24), (15, 17, 8), (1, 2, 40)]:
        window = (height, width)
        size = (height, width, channels)
        for _ in range(2):
            q = drawn.pool(rng, AveragePool, size, window, stride=window, same=False)
            q = replace(q, low=-128, high=127)
            found += MVE.cases(rng, q, int(np.prod(size)))
    assert len(found) == 10
    # inputs all alike, so that sums reach both ends and halves of either sign
    case = found[2]
    for ends in ((-128, -128), (-1, 0), (-3, -2), (0, 1), (127, 127)):
        x = np.repeat(np.array(ends, np.int8), case.operands[0].size // 2).view(np.uint8)
        expected = kernel_cases.twin(case.node.params, (x,), Domain.PLAIN)
        found.append(replace(case, operands=(x,), expected=expected, distance=None))
    MVE.check(found, tmp_path)
