"""ADD's formula against the reference, for all 65,536 pairs."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyedge.compile.exact import add
from tinyedge.compile.params import Add, Requantization
from tinyedge.graph.fixedpoint import quantize_multiplier

scales = st.floats(0.01, 0.1)
zero_points = st.integers(-128, 127)


def addition(a: float, b: float, out: float, zeros: tuple[int, int, int], relu: bool) -> Add:
    twice = 2 * max(a, b)
    (am, ash), (bm, bsh) = quantize_multiplier(a / twice), quantize_multiplier(b / twice)
    om, osh = quantize_multiplier(twice / ((1 << 20) * out))
    low = zeros[2] if relu else -128
    requant = Requantization(
        np.array([om], np.int32), np.array([osh], np.int32), zeros[2], low, 127
    )
    shape = (1, 4)
    return Add(shape, shape, shape, 20, zeros[0], am, ash, zeros[1], bm, bsh, requant)


@settings(deadline=None, max_examples=25)
@given(scales, scales, st.floats(0.3, 1.5), st.tuples(*[zero_points] * 3), st.booleans())
def test_the_formula_equals_the_reference(
    a: float, b: float, ratio: float, zeros: tuple[int, int, int], relu: bool
) -> None:
    q = addition(a, b, ratio * (a + b), zeros, relu)
    fit = add.search(q)
    assert fit is not None
    lanes = np.arange(256, dtype=np.int64) << 7
    total = (fit.first * lanes >> 16)[:, None] + (fit.second * lanes >> 16)[None, :]
    total += fit.constant
    assert np.abs(total).max() < 1 << 31
    got = np.clip(total >> fit.shift, fit.low, fit.high)
    assert np.array_equal(got, add.reference(q))


def test_factors_too_large_for_32_bits_are_refused() -> None:
    assert add.search(addition(0.1, 0.1, 1e-6, (0, 0, 0), relu=False)) is None
