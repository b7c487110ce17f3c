"""Winograd's arithmetic as the Xtensa kernel carries it out: lanes of 16 bits, sums that wrap."""

from dataclasses import replace

import numpy as np

from tests.support import drawn
from tinyedge.compile.kernels import winograd4
from tinyedge.compile.kernels.xtensa_lx6 import winograd
from tinyedge.graph.types import Array

PATCH = winograd4.INPUTS
FILTER = np.array([[3, 0, 0], [4, 4, 4], [4, -4, 4], [1, 2, 4], [1, -2, 4], [0, 0, 3]])
OUTPUT = np.array(
    [[2, -1, -1, 1, 1, 0], [0, -1, 1, 2, -2, 0], [0, -1, -1, 4, 4, 0], [0, -1, 1, 8, -8, 8]]
)


def _lanes(values: Array) -> Array:
    assert np.array_equal(values, values.astype(np.int16))
    return values


def _tile(patch: Array, filters: Array) -> Array:
    """Outputs [4, 4] times 576 of a patch [6, 6, k] and a filter [3, 3, k]."""
    x = _lanes(np.einsum("ia,abk,jb->ijk", PATCH, patch.astype(np.int64), PATCH))
    w = _lanes(np.einsum("ia,abk,jb->ijk", FILTER, filters.astype(np.int64), FILTER))
    sums = (x * w).sum(axis=2).astype(np.int32)
    return (OUTPUT @ sums.astype(np.int64) @ OUTPUT.T).astype(np.int32)


def _expected(patch: Array, filters: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(patch.astype(np.int64), (3, 3), axis=(0, 1))
    return winograd4.SCALE * np.einsum("yxkab,abk->yx", windows, filters)


def test_drawn_tiles_are_exact() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        patch, filters = rng.integers(0, 256, (6, 6, 12)), rng.integers(-128, 128, (3, 3, 12))
        assert np.array_equal(_tile(patch, filters), _expected(patch, filters))


def test_outputs_are_exact_although_a_sum_wraps() -> None:
    filters = np.full((3, 3, 12), -128)
    patch = np.where(np.outer(PATCH[1], PATCH[1]) > 0, 255, 0)[..., None].repeat(12, axis=2)
    middle = (PATCH[1] @ patch[..., 0] @ PATCH[1]) * (FILTER[1] @ filters[..., 0] @ FILTER[1])
    assert 12 * abs(int(middle)) >= 1 << 31
    assert np.array_equal(_tile(patch, filters), _expected(patch, filters))


def test_lanes_hold_the_worst_patches_and_filters() -> None:
    for i in range(6):
        for j in range(6):
            signs = np.outer(PATCH[i], PATCH[j])
            for patch in (np.where(signs > 0, 255, 0), np.where(signs < 0, 255, 0)):
                _lanes(PATCH @ patch @ PATCH.T)
            signs = np.outer(FILTER[i], FILTER[j])
            for filters in (np.where(signs > 0, -128, 127), np.where(signs > 0, 127, -128)):
                _lanes(FILTER @ filters @ FILTER.T)


def test_sums_too_large_for_32_bits_are_refused() -> None:
    q = drawn.conv2d(np.random.default_rng(0), (8, 8, 64), 8, (3, 3))
    assert winograd.plan(replace(q, filter=q.filter // 4)) is not None
    assert winograd.plan(replace(q, filter=np.full_like(q.filter, 127))) is None


def test_shapes_that_are_refused() -> None:
    rng = np.random.default_rng(0)
    for size, outputs, kernel, stride in [
        ((8, 8, 8), 8, (3, 3), (2, 2)),
        ((8, 8, 8), 8, (3, 1), (1, 1)),
        ((8, 3, 8), 8, (3, 3), (1, 1)),
        ((8, 8, 6), 8, (3, 3), (1, 1)),
        ((8, 8, 100), 8, (3, 3), (1, 1)),
        ((8, 8, 8), 255, (3, 3), (1, 1)),
    ]:
        assert winograd.plan(drawn.conv2d(rng, size, outputs, kernel, stride=stride)) is None
