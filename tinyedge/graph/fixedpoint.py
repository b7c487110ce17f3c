"""The integer arithmetic of TensorFlow Lite Micro's reference kernels, on numpy arrays.

Definitions: gemmlowp's ``fixedpoint/fixedpoint.h`` for the primitives, ``exp`` and the
reciprocal; TensorFlow Lite's ``kernels/internal/common.cc`` and ``quantization_util.cc`` for
multipliers. The wheel that serves as oracle is built with double rounding (a doubling high
multiply that rounds, then a rounding shift), and so is this.

Arrays are int64 that hold int32 values: wide enough for every product, and cheap in numpy.
A value in "Qm.n" has m integer and n fractional bits, m + n = 31.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]

INT32_MIN = -(1 << 31)
INT32_MAX = (1 << 31) - 1
MAX_SHIFT = 30
"""Largest left shift that C's ``1 << shift`` on int32 defines."""

_EXP_MINUS_ONE_EIGHTH = 1895147668  # Q0.31
_ONE_THIRD = 715827883  # Q0.31
# exp(-2**k) in Q0.31 for k = -2 .. 4, the factors of the barrel shifter.
_EXP_FACTORS = (
    (-2, 1672461947),
    (-1, 1302514674),
    (0, 790015084),
    (1, 290630308),
    (2, 39332535),
    (3, 720401),
    (4, 242),
)
_48_OVER_17 = 1515870810  # Q2.29
_MINUS_32_OVER_17 = -1010580540  # Q2.29


def _ints(values: ArrayLike) -> Ints:
    return np.asarray(values, dtype=np.int64)


def wrap_int32(x: Ints) -> Ints:
    """Reduce to int32 modulo 2**32, as the accumulators of the kernels do."""
    return x.astype(np.int32).astype(np.int64)


def saturate_int32(x: Ints) -> Ints:
    """Clamp to the range of int32."""
    return np.clip(x, INT32_MIN, INT32_MAX)


def rounding_doubling_high_mul(a: ArrayLike, b: ArrayLike) -> Ints:
    """Return round(a * b / 2**31), halves away from minus infinity.

    Equals gemmlowp's SaturatingRoundingDoublingHighMul, whose one saturating case (both factors
    -2**31) multipliers never reach.
    """
    return (_ints(a) * _ints(b) + (1 << 30)) >> 31


def rounding_doubling_high_mul_int16(a: ArrayLike, b: ArrayLike) -> Ints:
    """Return round(a * b / 2**15) of int16 values, halves away from minus infinity."""
    return (_ints(a) * _ints(b) + (1 << 14)) >> 15


def saturate_int16(x: Ints) -> Ints:
    """Clamp to the range of int16."""
    return np.clip(x, -(1 << 15), (1 << 15) - 1)


def rounding_divide_by_pot(x: ArrayLike, exponent: ArrayLike) -> Ints:
    """Return round(x / 2**exponent), halves away from zero; ``exponent`` in 0..31."""
    x, exponent = _ints(x), _ints(exponent)
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return (x >> exponent) + ((x & mask) > threshold)


def _saturating_left_shift(x: Ints, exponent: int) -> Ints:
    return saturate_int32(x << exponent)


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return (multiplier, shift) with real = multiplier * 2**(shift - 31).

    The multiplier has 31 bits; a real value below 2**-32 becomes (0, 0).
    """
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    # C's round(): halves away from zero; the product with a power of two is exact.
    multiplier = math.floor(fraction * (1 << 31) + 0.5)
    if multiplier == 1 << 31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def multiply_by_quantized_multiplier(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Ints:
    """Return x * multiplier * 2**(shift - 31), rounded twice, as TFLM does.

    ``multiplier`` and ``shift`` are scalars, or arrays that broadcast against ``x`` (one value a
    channel). Positive shifts are to the left and wrap as int32 does.
    """
    shift = _ints(shift)
    left = np.maximum(shift, 0)
    right = np.maximum(-shift, 0)
    shifted = wrap_int32(_ints(x) << left)
    return rounding_divide_by_pot(rounding_doubling_high_mul(shifted, multiplier), right)


def round_half_away(x: Any) -> Any:
    """C's round() for floats of either width, scalar or array."""
    truncated = np.trunc(x)
    return truncated + np.where(np.abs(x - truncated) >= 0.5, np.sign(x), 0).astype(x.dtype)


def input_radius(integer_bits: int, left_shift: int) -> int:
    """Largest |input| that fits ``integer_bits`` after ``left_shift`` (31 bits in all)."""
    largest = ((1 << integer_bits) - 1) * (1 << (31 - integer_bits)) / (1 << left_shift)
    return math.floor(largest)


def exp_on_negative_values(a: ArrayLike, integer_bits: int) -> Ints:
    """Return exp(a) in Q0.31 for a <= 0 in Q(integer_bits), at most 5 integer bits."""
    a = _ints(a)
    fractional_bits = 31 - integer_bits
    quarter = 1 << (fractional_bits - 2)
    mod_quarter = (a & (quarter - 1)) - quarter
    result = _exp_near_zero(_saturating_left_shift(mod_quarter, integer_bits))
    remainder = mod_quarter - a
    for exponent, factor in _EXP_FACTORS:
        if exponent < integer_bits:
            set_bit = remainder & (1 << (fractional_bits + exponent))
            product = rounding_doubling_high_mul(result, factor)
            result = np.where(set_bit != 0, product, result)
    return np.where(a == 0, INT32_MAX, result)


def _exp_near_zero(a: Ints) -> Ints:
    """exp(a) for -1/4 <= a < 0, all Q0.31: Taylor's series of degree 4 around -1/8."""
    x = a + (1 << 28)
    x2 = rounding_doubling_high_mul(x, x)
    x3 = rounding_doubling_high_mul(x2, x)
    x4 = rounding_doubling_high_mul(x2, x2)
    high_terms = rounding_doubling_high_mul(rounding_divide_by_pot(x4, 2) + x3, _ONE_THIRD)
    series = rounding_divide_by_pot(high_terms + x2, 1)
    factor = _EXP_MINUS_ONE_EIGHTH
    return factor + rounding_doubling_high_mul(factor, x + series)


def one_over_one_plus_x(a: ArrayLike) -> Ints:
    """Return 1 / (1 + a) for a in [0, 1], all Q0.31."""
    return _saturating_left_shift(_two_over_one_plus_x(a), 1)


def _two_over_one_plus_x(a: ArrayLike) -> Ints:
    """2 / (1 + a) in Q2.29 for a in [0, 1] in Q0.31: Newton-Raphson, three steps from a line."""
    half_denominator = (_ints(a) + INT32_MAX + 1) >> 1
    x = _48_OVER_17 + rounding_doubling_high_mul(half_denominator, _MINUS_32_OVER_17)  # Q2.29
    for _ in range(3):
        error = (1 << 29) - rounding_doubling_high_mul(half_denominator, x)
        x = x + _saturating_left_shift(rounding_doubling_high_mul(x, error), 2)
    return x


def reciprocal(x: ArrayLike, integer_bits: int) -> tuple[Ints, Ints]:
    """Return (r, n) with 1 / x = r * 2**-n for x > 0 in Q(integer_bits), r in Q0.31."""
    x = _ints(x)
    headroom = 32 - _bit_length(x)
    shifted_minus_one = (x << headroom) - (1 << 31)
    return one_over_one_plus_x(shifted_minus_one), integer_bits - headroom


def _bit_length(x: Ints) -> Ints:
    """Bits of positive values; frexp is exact below 2**53."""
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)


def logistic(a: ArrayLike, integer_bits: int) -> Ints:
    """Return 1 / (1 + exp(-a)) in Q0.31 for a in Q(integer_bits)."""
    a = _ints(a)
    positive = one_over_one_plus_x(exp_on_negative_values(-np.abs(a), integer_bits))
    result = np.where(a > 0, positive, INT32_MAX - positive)
    return np.where(a == 0, 1 << 30, result)


def tanh(a: ArrayLike, integer_bits: int) -> Ints:
    """Return the hyperbolic tangent in Q0.31 for a in Q(integer_bits), at most 4 integer bits."""
    a = _ints(a)
    # (1 - e) / (1 + e) = 2 / (1 + e) - 1 with e = exp(-2 |a|): one integer bit more doubles a.
    exponential = exp_on_negative_values(-np.abs(a), integer_bits + 1)
    positive = _saturating_left_shift(_two_over_one_plus_x(exponential) - (1 << 29), 2)
    return np.where(a == 0, 0, np.sign(a) * positive)
