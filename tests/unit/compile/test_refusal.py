"""Why a fast kernel does not take a layer: said exactly where none does."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support import drawn
from tinyedge.compile import params as p
from tinyedge.compile.kernels.armv7em import FAST, why
from tinyedge.compile.plan import Domain
from tinyedge.compile.program import Node, Value
from tinyedge.graph.types import DType

RNG = np.random.default_rng(5)
CONV = drawn.conv2d(RNG, (6, 6, 8), 8, (3, 3))
POINTWISE = drawn.conv2d(RNG, (6, 6, 8), 8, (1, 1))
DEPTHWISE = drawn.depthwise_conv2d(RNG, (6, 6, 8), (3, 3))
DENSE = drawn.fully_connected(RNG, 1, 16, 8)
ADD = drawn.add(RNG, 32)
ODD_POOL = drawn.pool(RNG, p.AveragePool, (6, 6, 6), (2, 2), stride=(2, 2), same=False)
POOL = drawn.pool(RNG, p.AveragePool, (6, 6, 8), (2, 2), stride=(2, 2), same=False)


def _beside(filters: p.Int8Array) -> p.Int8Array:
    """-128 in the upper halves of lanes whose lower halves are negative, in blocks of 2 and 4."""
    changed = filters.reshape(filters.shape[0], -1).copy()
    changed[:4, 0] = -1, -128, -128, -1
    return changed.reshape(filters.shape)


def _steep(requant: p.Requantization) -> p.Requantization:
    """Far more than the output's range holds, which needs larger multipliers than there are."""
    return replace(requant, shifts=requant.shifts + 12)


CASES: list[tuple[p.Params, str]] = [
    *((taken, "") for taken in (CONV, DEPTHWISE, DENSE, ADD, POOL)),
    (replace(CONV, input_shape=(2, *CONV.input_shape[1:])), "a batch of 2"),
    (drawn.conv2d(RNG, (6, 6, 8), 1, (3, 3)), "a single output channel"),
    (replace(POINTWISE, filter=_beside(POINTWISE.filter)), "a weight of -128"),
    (replace(CONV, requant=_steep(CONV.requant)), "one multiplication"),
    (replace(DEPTHWISE, input_shape=(2, *DEPTHWISE.input_shape[1:])), "a batch of 2"),
    (drawn.depthwise_conv2d(RNG, (6, 6, 3), (3, 3)), "fewer than 4 channels"),
    (drawn.depthwise_conv2d(RNG, (9, 9, 8), (3, 3), stride=(3, 3)), "strides of 3 x 3"),
    (replace(DENSE, filter=_beside(DENSE.filter)), "a weight of -128"),
    (replace(ADD, b_shape=(1,)), "operands of different shapes"),
    (ODD_POOL, "channels not in fours"),
    (p.Copy(8), "no fast kernel"),
]


@pytest.mark.parametrize(("params", "reason"), CASES)
def test_a_reason_is_given_where_no_kernel_applies(params: p.Params, reason: str) -> None:
    value = Value(0, "x", (32,), DType.INT8, None, domain=Domain.OFFSET)
    node = Node("TEST", (0,), params, (value, value), value)
    taken = any(kernel.applies(node) for kernel in FAST)
    assert taken == (reason == "")
    assert reason in why(params)
    assert bool(why(params)) == (not taken)
