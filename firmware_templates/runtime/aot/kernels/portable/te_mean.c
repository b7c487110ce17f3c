#include "te_fixedpoint.h"
#include "te_kernels.h"

/* Sum over the reduced axes of what starts at `input`. */
static int32_t total(const te_mean_params *p, const int8_t *input) {
  int32_t sum = 0;
  for (int32_t i = 0; i < p->reduced[0]; ++i) {
    for (int32_t j = 0; j < p->reduced[1]; ++j) {
      const int8_t *in = input + i * p->reduced_stride[0] + j * p->reduced_stride[1];
      for (int32_t k = 0; k < p->reduced[2]; ++k) sum += in[k * p->reduced_stride[2]];
    }
  }
  return sum;
}

void te_mean(const te_mean_params *params, const int8_t *input, int8_t *output) {
  for (int32_t i = 0; i < params->kept[0]; ++i) {
    for (int32_t j = 0; j < params->kept[1]; ++j) {
      const int8_t *row = input + i * params->kept_stride[0] + j * params->kept_stride[1];
      for (int32_t k = 0; k < params->kept[2]; ++k) {
        const int32_t sum = total(params, row + k * params->kept_stride[2]) + params->offset;
        const int32_t mean = te_requantize(sum, params->multiplier, params->shift);
        *output++ = (int8_t)te_clamp(mean + params->zero_point, INT8_MIN, INT8_MAX);
      }
    }
  }
}
