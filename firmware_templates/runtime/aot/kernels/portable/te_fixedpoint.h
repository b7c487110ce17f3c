/* The fixed-point arithmetic of TensorFlow Lite Micro's int8 reference kernels. Pure functions,
 * defined for all arguments in the ranges that they name. */
#ifndef TE_FIXEDPOINT_H
#define TE_FIXEDPOINT_H

#include <stdint.h>

/* Limits `x` to low..high. */
static inline int32_t te_clamp(int32_t x, int32_t low, int32_t high) {
  return x < low ? low : x > high ? high : x;
}

/* x * 2^left_shift modulo 2^32, as two's complement; left_shift is 0..31. */
static inline int32_t te_shift_left(int32_t x, int32_t left_shift) {
  return (int32_t)((uint32_t)x << left_shift);
}

/* round(a * b / 2^31), halves up; a and b are not both INT32_MIN. */
static inline int32_t te_high_mul(int32_t a, int32_t b) {
  return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* round(x / 2^exponent), halves away from zero; exponent is 0..31. */
static inline int32_t te_rounding_shift(int32_t x, int32_t exponent) {
  const uint32_t mask = ((uint32_t)1 << exponent) - 1;
  const uint32_t remainder = (uint32_t)x & mask;
  const uint32_t threshold = (mask >> 1) + (x < 0 ? 1u : 0u);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31), rounded twice; multiplier >= 0, shift is -31..31. */
static inline int32_t te_requantize(int32_t x, int32_t multiplier, int32_t shift) {
  if (shift > 0) return te_high_mul(te_shift_left(x, shift), multiplier);
  return te_rounding_shift(te_high_mul(x, multiplier), -shift);
}

#endif
