"""The prover against brute force: every accumulator value that can occur."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyedge.compile.exact import requantize
from tinyedge.compile.params import Requantization

GEMM = [(bits, shift) for shift in range(16, 9, -1) for bits in range(8, 16)]
PLANES = [(7, shift) for shift in range(15, 5, -1)]


@st.composite
def requantizations(draw: st.DrawFn) -> Requantization:
    channels = draw(st.integers(1, 4))
    zero_point = draw(st.integers(-128, 127))
    relu = draw(st.booleans())
    return Requantization(
        multipliers=np.array(
            draw(
                st.lists(st.integers(1 << 30, (1 << 31) - 1), min_size=channels, max_size=channels)
            ),
            np.int32,
        ),
        shifts=np.array(
            draw(st.lists(st.integers(-14, 1), min_size=channels, max_size=channels)), np.int32
        ),
        zero_point=zero_point,
        low=zero_point if relu else -128,
        high=draw(st.integers(max(zero_point, 0), 127)),
    )


def brute_force(fit: requantize.Fit, requant: Requantization, low: int, high: int) -> None:
    total = np.arange(low, high + 1, dtype=np.int64)[:, None]
    got = fit.apply(np.broadcast_to(total, (total.size, fit.multipliers.size)))
    assert np.array_equal(got, requantize.reference(requant, total))


@settings(deadline=None, max_examples=60)
@given(requantizations(), st.integers(-60_000, 60_000), st.integers(1, 60_000))
def test_what_fits_is_exact_for_every_accumulator(
    requant: Requantization, lowest: int, width: int
) -> None:
    channels = requant.multipliers.size
    low = np.full(channels, lowest, np.int64)
    for choices in (GEMM, PLANES):
        fit = requantize.search(requant, low, low + width, choices)
        if fit is not None:
            brute_force(fit, requant, lowest, lowest + width)


@settings(deadline=None, max_examples=30)
@given(requantizations(), st.integers(1, 50_000))
def test_partition_gives_each_channel_an_exact_fit(requant: Requantization, width: int) -> None:
    channels = requant.multipliers.size
    low = np.full(channels, -width, np.int64)
    found = requantize.partition(requant, low, -low, PLANES, parts=2)
    if found is None:
        return
    fits, part = found
    total = np.arange(-width, width + 1, dtype=np.int64)[:, None]
    total = np.broadcast_to(total, (total.size, channels))
    expected = requantize.reference(requant, total)
    for channel in range(channels):
        got = fits[part[channel]].apply(total)[:, channel]
        assert np.array_equal(got, expected[:, channel])


def test_most_channels_of_random_layers_fit() -> None:
    """What the two tests above prove would be nothing if the search never found a fit."""
    rng, fits = np.random.default_rng(1), 0
    for _ in range(100):
        requant = Requantization(
            multipliers=rng.integers(1 << 30, 1 << 31, 1).astype(np.int32),
            shifts=rng.integers(-11, -5, 1).astype(np.int32),
            zero_point=-128,
            low=-128,
            high=127,
        )
        reach = np.full(1, 60_000, np.int64)
        fits += requantize.search(requant, -reach, reach, GEMM) is not None
        found = requantize.partition(requant, -reach // 8, reach // 8, PLANES, parts=2)
        fits += found is not None
    assert fits >= 190


def typical(shift: int = -8, relu: bool = True) -> Requantization:
    return Requantization(
        multipliers=np.array([1_500_000_001], np.int32),
        shifts=np.array([shift], np.int32),
        zero_point=-128 if relu else 3,
        low=-128,
        high=127,
    )


def test_a_typical_layer_takes_the_packed_form() -> None:
    bounds = np.array([-90_000], np.int64), np.array([90_000], np.int64)
    fit = requantize.search(typical(), *bounds, GEMM)
    assert fit is not None
    assert (fit.shift, fit.signed, fit.clamp) == (16, False, False)
    assert requantize.search(typical(relu=False), *bounds, GEMM) is not None


def test_a_constant_that_is_off_by_one_output_step_is_found_out() -> None:
    """A proof that accepted anything would not notice: move one constant and compare."""
    bounds = np.array([-90_000], np.int64), np.array([90_000], np.int64)
    fit = requantize.search(typical(), *bounds, GEMM)
    assert fit is not None
    moved = requantize.Fit(**{**vars(fit), "constants": fit.constants + (1 << 12)})
    points = requantize._points(typical(), *bounds)
    assert requantize._exact(fit, points).all()
    assert not requantize._exact(moved, points).any()


def test_accumulators_that_would_overflow_are_refused() -> None:
    huge = np.array([-(1 << 30)], np.int64), np.array([1 << 30], np.int64)
    assert requantize.search(typical(shift=-20), *huge, [(8, 16)]) is None


def test_left_shifts_that_lose_bits_are_refused() -> None:
    wide = np.array([-(1 << 30)], np.int64), np.array([1 << 30], np.int64)
    assert requantize.search(typical(shift=2), *wide, GEMM) is None


def test_a_channel_that_cannot_change_needs_no_multiplication() -> None:
    low, high = np.array([1 << 29], np.int64), np.array([(1 << 29) + 5], np.int64)
    fit = requantize.search(typical(), low, high, GEMM)
    assert fit is not None
    assert fit.multipliers[0] == 0
    brute_force(fit, typical(), int(low[0]), int(high[0]))


@pytest.mark.parametrize("limit", [40, 127])
def test_clamp_is_reported_only_where_saturation_is_not_enough(limit: int) -> None:
    requant = Requantization(
        np.array([1 << 30], np.int32), np.array([-6], np.int32), -128, -128, limit
    )
    bounds = np.array([-60_000], np.int64), np.array([60_000], np.int64)
    fit = requantize.search(requant, *bounds, GEMM)
    assert fit is not None
    assert fit.clamp == (limit != 127)
