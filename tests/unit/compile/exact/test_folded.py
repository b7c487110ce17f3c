"""The prover of bare sums against brute force: every sum that can occur."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.compile.exact.test_requantize import requantizations
from tinyedge.compile.exact import folded, requantize
from tinyedge.compile.exact.requantize import Int64Array
from tinyedge.compile.params import Requantization

SHIFTS = (16, 17, 18)
INT32 = 1 << 31


def compute(fit: folded.Folded, sums: Int64Array, requant: Requantization) -> Int64Array:
    """What a kernel does, in 32 bits."""
    scaled = sums << fit.scale_bits
    assert (abs(scaled) < INT32).all()
    assert (fit.multipliers >= 0).all()
    assert (fit.multipliers < INT32).all()
    total = (scaled * fit.multipliers >> 31) + fit.constants
    assert (abs(total) < INT32).all()
    # kernels that narrow twice take half a step away, and add it again
    assert (total - (1 << fit.shift >> 1) >= -INT32).all()
    return np.clip(total >> fit.shift, requant.low, requant.high)


def brute_force(
    requant: Requantization, lowest: int, width: int, offset: int
) -> folded.Folded | None:
    channels = requant.multipliers.size
    low, offsets = np.full(channels, lowest, np.int64), np.full(channels, offset, np.int64)
    fit = folded.search(requant, low, low + width, offsets, SHIFTS)
    if fit is not None:
        total = np.arange(lowest, lowest + width + 1, dtype=np.int64)[:, None]
        total = np.broadcast_to(total, (width + 1, channels))
        expected = requantize.reference(requant, total) - 128
        assert np.array_equal(compute(fit, total - offsets, requant), expected)
    return fit


@settings(deadline=None, max_examples=60)
@given(
    requantizations(),
    st.integers(-60_000, 60_000),
    st.integers(1, 60_000),
    st.integers(-90_000, 90_000),
)
def test_what_fits_is_exact_for_every_sum(
    requant: Requantization, lowest: int, width: int, offset: int
) -> None:
    brute_force(requant, lowest, width, offset)


def test_most_layers_whose_least_output_is_the_zero_point_fit() -> None:
    """What the test above proves would be nothing if the search never found a fit."""
    rng, fits = np.random.default_rng(1), 0
    for _ in range(50):
        requant = Requantization(
            multipliers=rng.integers(1 << 30, 1 << 31, 2).astype(np.int32),
            shifts=rng.integers(-11, -5, 2).astype(np.int32),
            zero_point=-128,
            low=-128,
            high=127,
        )
        offset = int(rng.integers(-20_000, 20_000))
        fits += brute_force(requant, -30_000, 60_000, offset) is not None
    assert fits > 30


def test_channels_that_do_not_change_need_no_multiplier() -> None:
    requant = Requantization(
        multipliers=np.array([1 << 30], np.int32),
        shifts=np.array([0], np.int32),
        zero_point=-128,
        low=-128,
        high=127,
    )
    fit = brute_force(requant, -5000, 4000, 100)
    assert fit is not None
    assert fit.multipliers.tolist() == [0]
