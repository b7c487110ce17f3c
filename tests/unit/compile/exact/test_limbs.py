"""The prover against brute force: every sum that can occur."""

import numpy as np
import pytest

from tests.support import drawn
from tinyedge.compile.exact import limbs, requantize
from tinyedge.compile.kernels.armv6m import stream

FORMS = {"narrow": stream.NARROW, "wide": stream.WIDE}


def brute_force(fit: limbs.Fit, q: drawn.p.FullyConnected) -> None:
    weights = q.filter.astype(np.int64)
    low = np.minimum(weights * 127, weights * -128).sum(axis=1)
    high = np.maximum(weights * 127, weights * -128).sum(axis=1)
    folded = q.bias - q.input_zero_point * weights.sum(axis=1)
    sums = np.arange(low.min(), high.max() + 1, dtype=np.int64)[:, None]
    inside = (sums >= low) & (sums <= high)
    expected = requantize.reference(q.requant, sums + folded)
    every = np.broadcast_to(sums, expected.shape)
    assert np.array_equal(fit.apply(every)[inside], expected[inside])


@pytest.mark.parametrize("kind", FORMS)
def test_what_fits_is_exact_for_every_sum(kind: str) -> None:
    found = 0
    for seed in range(16):
        rng = np.random.default_rng(seed)
        q = drawn.fully_connected(rng, 1, int(rng.integers(1, 24)), 5)
        fit = limbs.search(q.filter, q.bias, q.input_zero_point, q.requant, FORMS[kind])
        if fit is not None:
            found += 1
            brute_force(fit, q)
    assert found >= 4


def test_a_constant_that_is_off_is_noticed() -> None:
    rng = np.random.default_rng(0)
    q = drawn.fully_connected(rng, 1, 16, 4)
    fit = limbs.search(q.filter, q.bias, q.input_zero_point, q.requant, stream.WIDE)
    assert fit is not None
    fit.constants[:] += 1 << fit.shifts
    with pytest.raises(AssertionError):
        brute_force(fit, q)
