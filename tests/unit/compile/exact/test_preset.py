"""The prover of sums that begin with the constant against brute force: every sum that can occur."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.compile.exact.test_requantize import requantizations
from tinyedge.compile.exact import preset, requantize
from tinyedge.compile.exact.requantize import Int64Array
from tinyedge.compile.params import Requantization

SHIFTS = (12, 11, 13, 10, 14, 9, 15, 8, 16, 7, 17, 6, 18)
INT32 = 1 << 31


def compute(fit: preset.Preset, total: Int64Array, requant: Requantization) -> Int64Array:
    """What a kernel does, in 32 bits."""
    sums = (np.where(fit.changing, total, 0) << fit.scale_bits) + fit.presets
    assert ((sums >= -INT32) & (sums < INT32)).all()
    assert ((fit.multipliers > 0) & (fit.multipliers < INT32)).all()
    return np.clip(sums * fit.multipliers >> 32 >> fit.shifts, requant.low, requant.high)


def brute_force(requant: Requantization, lowest: int, width: int) -> preset.Preset | None:
    channels = requant.multipliers.size
    low = np.full(channels, lowest, np.int64)
    fit = preset.search(requant, low, low + width, 8, SHIFTS)
    if fit is not None:
        total = np.arange(lowest, lowest + width + 1, dtype=np.int64)[:, None]
        total = np.broadcast_to(total, (width + 1, channels))
        expected = requantize.reference(requant, total) - 128
        assert np.array_equal(compute(fit, total, requant), expected)
    return fit


@settings(deadline=None, max_examples=25)
@given(requantizations(), st.integers(-60_000, 60_000), st.integers(1, 60_000))
def test_what_fits_is_exact_for_every_sum(requant: Requantization, lowest: int, width: int) -> None:
    brute_force(requant, lowest, width)


def drawn(rng: np.random.Generator, low: int) -> Requantization:
    return Requantization(
        multipliers=rng.integers(1 << 30, 1 << 31, 2).astype(np.int32),
        shifts=rng.integers(-11, -5, 2).astype(np.int32),
        zero_point=-128,
        low=low,
        high=127,
    )


def test_most_layers_whose_least_output_is_the_zero_point_fit() -> None:
    """What the test above proves would be nothing if the search never found a fit."""
    rng = np.random.default_rng(1)
    found = [brute_force(drawn(rng, low), -30_000, 60_000) for low in (-128, -100) * 10]
    assert sum(fit is not None for fit in found) > 17


def test_outputs_on_both_sides_of_a_sum_of_zero_do_not_fit() -> None:
    """TFLM rounds sums below 0 the other way, so that no line meets all steps."""
    rng = np.random.default_rng(3)
    for _ in range(5):
        assert brute_force(replace(drawn(rng, -128), zero_point=0), -30_000, 60_000) is None


def test_channels_that_do_not_change_have_a_constant_sum() -> None:
    rng = np.random.default_rng(2)
    fit = brute_force(drawn(rng, -128), -5000, 4000)
    assert fit is not None
    assert not fit.changing.any()
