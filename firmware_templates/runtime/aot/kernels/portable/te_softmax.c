#include "te_fixedpoint.h"
#include "te_kernels.h"

#define SUM_BITS 12 /* integer bits of the sum of exponentials */

static int32_t leading_zeros(uint32_t x) {
  int32_t count = 0;
  for (; count < 32 && (x & 0x80000000u) == 0; x <<= 1) ++count;
  return count;
}

/* 1 / (1 + x) for x in [0, 1), both with 31 fractional bits. Three Newton-Raphson steps on y, with
 * 29 fractional bits, from the line 48/17 - 32/17 * d where d = (1 + x) / 2. */
static int32_t one_over_one_plus(int32_t x) {
  const int32_t d = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
  const int32_t one = 1 << 29;
  int32_t y = 1515870810 + te_high_mul(d, -1010580540);
  for (int step = 0; step < 3; ++step) {
    const int32_t error = one - te_high_mul(d, y);
    y += te_high_mul(y, error) * 4;
  }
  return y >= 1 << 30 ? INT32_MAX : y * 2;
}

static void softmax_row(const te_softmax_params *p, const int8_t *input, int8_t *output) {
  int32_t max = INT8_MIN;
  for (int32_t i = 0; i < p->depth; ++i) max = input[i] > max ? input[i] : max;
  int32_t sum = 0;
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t below = max - input[i];
    if (below < p->entries) sum += te_rounding_shift(p->exp[below], SUM_BITS);
  }
  const int32_t zeros = leading_zeros((uint32_t)sum);
  const int32_t fraction = (int32_t)(((uint32_t)sum << zeros) - 0x80000000u);
  const int32_t scale = one_over_one_plus(fraction);
  const int32_t exponent = SUM_BITS - zeros + 31 - 8;
  for (int32_t i = 0; i < p->depth; ++i) {
    const int32_t below = max - input[i];
    const int32_t exp = below < p->entries ? p->exp[below] : 0;
    const int32_t q = te_rounding_shift(te_high_mul(scale, exp), exponent);
    output[i] = (int8_t)te_clamp(q + INT8_MIN, INT8_MIN, INT8_MAX);
  }
}

void te_softmax(const te_softmax_params *params, const int8_t *input, int8_t *output) {
  for (int32_t row = 0; row < params->rows; ++row) {
    softmax_row(params, input, output);
    input += params->depth;
    output += params->depth;
  }
}
