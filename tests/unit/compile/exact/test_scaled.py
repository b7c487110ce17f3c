"""The prover against brute force: every sum that can occur."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support import drawn
from tinyedge.compile.exact import bounds, requantize, scaled

SCALE = 576


def fitted(q: drawn.p.FullyConnected, scale: int = SCALE) -> scaled.Fit | None:
    low, high = bounds.totals(q.filter, q.bias, q.input_zero_point)
    return scaled.search(q.requant, low, high, scale)


def brute_force(fit: scaled.Fit, q: drawn.p.FullyConnected) -> None:
    low, high = bounds.totals(q.filter, q.bias, q.input_zero_point)
    totals = np.arange(low.min(), high.max() + 1, dtype=np.int64)[:, None]
    inside = (totals >= low) & (totals <= high)
    every = np.broadcast_to(totals, inside.shape)
    assert (np.abs(fit.scale * (every - fit.offsets))[inside] < 1 << 31).all()
    expected = requantize.reference(q.requant, every)
    assert np.array_equal(fit.apply(every)[inside], expected[inside])


def test_what_fits_is_exact_for_every_sum() -> None:
    signed = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        q = drawn.fully_connected(rng, 1, int(rng.integers(1, 24)), 5)
        fit = fitted(q)
        assert fit is not None
        signed += fit.signed
        brute_force(fit, q)
    assert 0 < signed < 16


def test_large_sums_are_centred_or_refused() -> None:
    rng = np.random.default_rng(3)
    q = drawn.fully_connected(rng, 1, 16, 4)
    low, high = bounds.totals(q.filter, q.bias, q.input_zero_point)
    span = int((high - low).max())
    moved = replace(q, bias=q.bias + np.int32(span))
    scale = (1 << 31) // span
    fit = fitted(moved, scale)
    assert fit is not None
    assert (fit.offsets != 0).all()
    brute_force(fit, moved)
    assert fitted(q, 4 * scale) is None


def test_a_constant_that_is_off_is_noticed() -> None:
    q = drawn.fully_connected(np.random.default_rng(0), 1, 16, 4)
    fit = fitted(q)
    assert fit is not None
    fit.constants[:] += 1 << fit.shifts
    with pytest.raises(AssertionError):
        brute_force(fit, q)
