"""That the shapes of all families reach every form of the macros for RISC-V."""

from __future__ import annotations

import numpy as np

from tests.support import shapes
from tests.support.armv7em import Case
from tests.support.families import RV32IM
from tinyedge.compile import params as p


def arguments(q: p.Conv2D | p.DepthwiseConv2D, rng: np.random.Generator) -> set[tuple[str, int]]:
    """Of all macros' instantiations for a layer, those that are not 0."""
    cases: list[Case] = list(RV32IM.cases(rng, q, int(np.prod(q.input_shape))))
    instances = [one for case in cases for one in case.kernel.instances(case.node)]
    return {argument for one in instances for argument in one.arguments if argument[1]}


def test_convolution() -> None:
    rng = np.random.default_rng(1)
    found = set().union(*(arguments(q, rng) for q in shapes.convolutions(rng)))
    assert found >= {("relu", 1), ("signed", 1), ("bytes", 9)}


def test_depthwise() -> None:
    rng = np.random.default_rng(1)
    found = set().union(*(arguments(q, rng) for q in shapes.depthwise(rng)))
    assert found >= {("stride", 1), ("stride", 2), ("relu", 1), ("signed", 1)}
