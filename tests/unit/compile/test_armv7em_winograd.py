"""Winograd's arithmetic as the ARMv7E-M kernel carries it out: lanes of 16 bits, sums that wrap."""

import numpy as np

from tinyedge.compile.kernels.armv7em.winograd import SCALE_BITS
from tinyedge.graph.types import Array

PATCH = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
FILTER = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]])
OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])


def _lanes(values: Array) -> Array:
    assert np.array_equal(values, values.astype(np.int16))
    return values


def _tile(patch: Array, filters: Array) -> Array:
    """Outputs [2, 2] times 2**SCALE_BITS of a patch [4, 4, k] and a filter [3, 3, k]."""
    x = _lanes(np.einsum("ia,abk,jb->ijk", PATCH, patch.astype(np.int64) << 5, PATCH))
    w = _lanes(np.einsum("ia,abk,jb->ijk", FILTER, filters.astype(np.int64), FILTER))
    sums = (x * w).sum(axis=2).astype(np.int32)
    return (OUTPUT @ sums.astype(np.int64) @ OUTPUT.T).astype(np.int32)


def _expected(patch: Array, filters: Array) -> Array:
    return np.array(
        [
            [(patch[y : y + 3, x : x + 3].astype(np.int64) * filters).sum() for x in (0, 1)]
            for y in (0, 1)
        ]
    )


def test_drawn_tiles_are_exact() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        patch, filters = rng.integers(0, 256, (4, 4, 16)), rng.integers(-128, 128, (3, 3, 16))
        assert np.array_equal(_tile(patch, filters), _expected(patch, filters) << SCALE_BITS)


def test_outputs_are_exact_although_a_sum_wraps() -> None:
    patch, filters = np.zeros((4, 4, 64), np.int64), np.full((3, 3, 64), -128)
    patch[1:3, 1:3] = 255
    middle = (PATCH[1] @ (patch[..., 0] << 5) @ PATCH[1]) * (
        FILTER[1] @ filters[..., 0] @ FILTER[1]
    )
    assert 64 * abs(int(middle)) >= 1 << 31
    assert np.array_equal(_tile(patch, filters), _expected(patch, filters) << SCALE_BITS)


def test_lanes_hold_the_worst_patches_and_filters() -> None:
    for i in range(4):
        for j in range(4):
            signs = np.outer(PATCH[i], PATCH[j])
            for patch in (np.where(signs > 0, 255, 0), np.where(signs < 0, 255, 0)):
                _lanes(PATCH @ (patch << 5) @ PATCH.T)
            signs = np.outer(FILTER[i], FILTER[j])
            for filters in (np.where(signs > 0, -128, 127), np.where(signs > 0, 127, -128)):
                _lanes(FILTER @ filters @ FILTER.T)
