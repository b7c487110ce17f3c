/* From float32 weights back to int8, as TensorFlow Lite quantizes and as TensorFlow Lite Micro's
 * Prepare derives multipliers. */
#ifndef TE_REQUANT_H
#define TE_REQUANT_H

#include <stdint.h>
#include <string.h>

/* A bias beyond it would leave no room for the sum. */
#define TE_BIAS_LIMIT 1073741824

/* The nearest integer, halves away from zero, at most `limit` from 0; 0 for NaN. */
static inline int32_t te_round(float x, int32_t limit) {
  if (x != x) return 0;
  if (x >= (float)limit) return limit;
  if (x <= -(float)limit) return -limit;
  const int32_t whole = (int32_t)x;
  const float rest = x - (float)whole;
  if (rest >= 0.5f) return whole + 1;
  if (rest <= -0.5f) return whole - 1;
  return whole;
}

/* input * weight / output as multiplier * 2^(shift - 31), QuantizeMultiplier of TensorFlow Lite's
 * quantization_util.cc in float64. */
static inline void te_multiplier(float input, float weight, float output, int32_t *multiplier,
                                 int8_t *shift) {
  const double product = (double)input * (double)weight;
  const double real = product / (double)output;
  uint64_t bits;
  memcpy(&bits, &real, sizeof bits);
  const int32_t exponent = (int32_t)(bits >> 52) - 1022; /* real = fraction * 2^exponent */
  const uint64_t fraction = (bits & 0xFFFFFFFFFFFFFu) | 0x10000000000000u; /* 53 bits */
  uint64_t rounded = (fraction + (1u << 21)) >> 22;                        /* 31 bits */
  int32_t power = exponent;
  if (rounded == (uint64_t)1 << 31) {
    rounded /= 2;
    power++;
  }
  if (power < -31) {
    power = 0;
    rounded = 0;
  }
  if (power > 30) { /* infinity, too */
    power = 30;
    rounded = INT32_MAX;
  }
  *multiplier = (int32_t)rounded;
  *shift = (int8_t)power;
}

#endif
