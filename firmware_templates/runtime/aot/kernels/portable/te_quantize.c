#include <string.h>

#include "te_fixedpoint.h"
#include "te_kernels.h"

/* Nearest integer, halves away from zero, limited to what int8 can tell apart. NaN counts as the
 * lowest value. */
static int32_t nearest(float x) {
  if (!(x > -512.0f)) return -512;
  if (x > 512.0f) return 512;
  const int32_t whole = (int32_t)x;
  const float rest = x - (float)whole;
  return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
}

void te_quantize(const te_affine_params *params, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < params->size; ++i) {
    float x;
    memcpy(&x, input + (size_t)i * sizeof x, sizeof x);
    const int32_t q = nearest(x / params->scale) + params->zero_point;
    output[i] = (int8_t)te_clamp(q, INT8_MIN, INT8_MAX);
  }
}

void te_dequantize(const te_affine_params *params, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < params->size; ++i) {
    const float x = params->scale * (float)(input[i] - params->zero_point);
    memcpy(output + (size_t)i * sizeof x, &x, sizeof x);
  }
}
