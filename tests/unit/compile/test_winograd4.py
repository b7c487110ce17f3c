"""The arithmetic of F(4x4, 3x3): its identity, and that 16 and 32 bits are enough for it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import drawn
from tinyedge.compile.kernels import winograd4
from tinyedge.graph.types import Array


def _lanes(values: Array) -> Array:
    assert np.array_equal(values, values.astype(np.int16))
    return values


def _patch(inputs: Array) -> Array:
    return np.einsum("ia,jb,abc->ijc", winograd4.INPUTS, winograd4.INPUTS, inputs)


def _products(inputs: Array, filters: Array) -> Array:
    made = winograd4.transformed(filters[None].astype(np.int8))[0]
    return (made.astype(np.int64) * _lanes(_patch(inputs))).sum(axis=2)


def _outputs(products: Array) -> Array:
    """[6, 6] -> [4, 4], modulo 2**32 as the kernels compute."""
    last = winograd4.OUTPUTS.astype(np.uint32)
    found = last @ products.astype(np.uint32) @ last.T * np.uint32(winograd4.UNSCALE)
    return found.view(np.int32)


def _expected(inputs: Array, filters: Array) -> Array:
    windows = np.lib.stride_tricks.sliding_window_view(inputs, (3, 3), axis=(0, 1))
    return np.einsum("yxcab,abc->yx", windows, filters)


@pytest.mark.parametrize("channels", [1, 8, 64])
def test_drawn_tiles_are_exact(channels: int) -> None:
    rng = np.random.default_rng(channels)
    for _ in range(20):
        inputs = rng.integers(0, 256, (6, 6, channels))
        filters = rng.integers(-128, 128, (3, 3, channels))
        found = _outputs(_products(inputs, filters))
        assert np.array_equal(found, _expected(inputs, filters) * 256)


def test_outputs_are_exact_although_a_sum_wraps() -> None:
    inputs, filters = np.zeros((6, 6, 128), np.int64), np.full((3, 3, 128), 127)
    filters[..., 64:] = -127
    inputs[1:3, 1:3, :64] = inputs[3:5, 3:5, :64] = 255
    inputs[1:3, 3:5, 64:] = inputs[3:5, 1:3, 64:] = 255
    products = _products(inputs, filters)
    assert products.max() >= 1 << 31
    assert np.array_equal(_outputs(products), _expected(inputs, filters) * 256)


def test_lanes_hold_the_worst_patches_and_filters() -> None:
    for i in range(6):
        for j in range(6):
            signs = np.outer(winograd4.INPUTS[i], winograd4.INPUTS[j])[..., None]
            for patch in (np.where(signs > 0, 255, 0), np.where(signs < 0, 255, 0)):
                _lanes(_patch(patch))
            signs = np.outer(winograd4.FILTERS[i], winograd4.FILTERS[j])[None, ..., None]
            for filters in (np.where(signs > 0, -128, 127), np.where(signs > 0, 127, -128)):
                exact = np.einsum("a,b,oabc->oc", *winograd4.FILTERS[[i, j]], filters)
                found = winograd4.transformed(filters.astype(np.int8))
                assert np.array_equal(found[:, i, j], exact)


def test_which_layers_and_how_many_tiles() -> None:
    rng = np.random.default_rng(0)
    q = drawn.conv2d(rng, (9, 8, 4), 4, (3, 3))
    assert winograd4.is_3x3(q)
    assert winograd4.tiles(q) == (3, 2)
    assert not winograd4.is_3x3(drawn.conv2d(rng, (9, 8, 4), 4, (3, 3), stride=(2, 2)))
    assert not winograd4.is_3x3(drawn.conv2d(rng, (9, 8, 4), 4, (3, 3), dilation=(1, 2)))
    assert not winograd4.is_3x3(drawn.conv2d(rng, (9, 8, 4), 4, (3, 2)))
