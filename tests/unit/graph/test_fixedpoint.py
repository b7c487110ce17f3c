"""The arithmetic against what it approximates; bytes are compared with the oracle elsewhere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyedge.graph import fixedpoint
from tinyedge.graph.geometry import broadcast, leading_padding, window_output
from tinyedge.graph.types import Padding

ONE = float(1 << 31)


@given(st.floats(2.0**-30, 2.0**29))
def test_a_multiplier_is_within_its_last_bit(real: float) -> None:
    multiplier, shift = fixedpoint.quantize_multiplier(real)
    assert 1 << 30 <= multiplier < 1 << 31
    assert abs(multiplier * 2.0 ** (shift - 31) - real) <= real * 2.0**-31


@pytest.mark.parametrize(
    ("real", "expected"),
    [(0.0, (0, 0)), (1.0, (1 << 30, 1)), (0.5, (1 << 30, 0)), (2.0**-40, (0, 0))],
)
def test_multipliers_at_the_edges(real: float, expected: tuple[int, int]) -> None:
    assert fixedpoint.quantize_multiplier(real) == expected


def test_a_fraction_that_rounds_up_to_one_takes_the_next_shift() -> None:
    assert fixedpoint.quantize_multiplier(1 - 2.0**-40) == (1 << 30, 1)


def test_both_roundings() -> None:
    x = np.array([-3, -2, -1, 0, 1, 2, 3])
    # The high multiply sends halves up, the shift sends them away from zero.
    assert fixedpoint.rounding_doubling_high_mul(x, 1 << 30).tolist() == [-1, -1, 0, 0, 1, 1, 2]
    assert fixedpoint.rounding_divide_by_pot(x, 1).tolist() == [-2, -1, -1, 0, 1, 1, 2]
    assert fixedpoint.rounding_divide_by_pot(x, 0).tolist() == x.tolist()


def test_left_shifts_wrap_as_int32() -> None:
    assert int(fixedpoint.multiply_by_quantized_multiplier(1 << 30, 1 << 30, 2)) == 0


def test_round_half_away() -> None:
    values = np.array([-2.5, -0.5, -0.4, 0.5, 1.5, 0.49999997], np.float32)
    assert fixedpoint.round_half_away(values).tolist() == [-3, -1, 0, 1, 2, 0]


@pytest.mark.parametrize("integer_bits", [4, 5])
def test_exp_is_close(integer_bits: int) -> None:
    raw = -np.arange(0, 1 << 31, 1234567)
    expected = np.exp(raw / 2.0 ** (31 - integer_bits))
    found = fixedpoint.exp_on_negative_values(raw, integer_bits) / ONE
    assert np.abs(found - expected).max() < 3e-7  # what a series of degree 4 leaves out


def test_tanh_is_close() -> None:
    raw = np.linspace(-(2**31), 2**31 - 1, 5001).astype(np.int64)
    expected = np.tanh(raw / 2**27)
    assert np.abs(fixedpoint.tanh(raw, 4) / ONE - expected).max() < 2e-7


def test_logistic_is_close() -> None:
    raw = np.arange(-(1 << 31) + 1, 1 << 31, 1234567)
    expected = 1 / (1 + np.exp(-raw / 2.0**27))
    assert np.abs(fixedpoint.logistic(raw, 4) / ONE - expected).max() < 1e-7


@given(st.integers(1, (1 << 31) - 1))
def test_reciprocal_is_close(x: int) -> None:
    inverse, exponent = fixedpoint.reciprocal(x, 12)
    found = int(inverse) / ONE * 2.0 ** -int(exponent)
    assert math.isclose(found, 2.0**19 / x, rel_tol=1e-7)


@pytest.mark.parametrize(
    ("axis", "positions", "before"),
    [
        ((5, 3, 1, 1, Padding.SAME), 5, 1),
        ((6, 3, 2, 1, Padding.SAME), 3, 0),
        ((6, 3, 2, 1, Padding.VALID), 2, 0),
        ((7, 3, 1, 2, Padding.VALID), 3, 0),
        ((1, 4, 1, 1, Padding.SAME), 1, 1),
    ],
)
def test_windows(axis: tuple[int, int, int, int, Padding], positions: int, before: int) -> None:
    """``axis``: size, window, stride, dilation, padding."""
    assert window_output(*axis) == positions
    assert leading_padding(*axis) == before


def test_a_window_that_does_not_fit_has_no_positions() -> None:
    assert window_output(2, 3, 1, 1, Padding.VALID) == 0


def test_broadcasting() -> None:
    assert broadcast((2, 1, 3), (4, 1)) == (2, 4, 3)
    assert broadcast((), (2,)) == (2,)
    assert broadcast((2,), (3,)) is None
