#include <string.h>

#include "te_kernels.h"

/* Index of the first of `size` elements, `stride` apart, that none is beyond. */
static int32_t find(const int8_t *input, int32_t size, int32_t stride, int32_t sign) {
  int32_t best = 0;
  for (int32_t i = 1; i < size; ++i) {
    if (sign * input[i * stride] > sign * input[best * stride]) best = i;
  }
  return best;
}

/* `sign`: 1 for the largest, -1 for the smallest. */
static void find_all(const te_arg_extreme_params *p, int32_t sign, const int8_t *input,
                     int8_t *output) {
  for (int32_t outer = 0; outer < p->outer; ++outer, input += p->size * p->inner) {
    for (int32_t inner = 0; inner < p->inner; ++inner, output += sizeof(int32_t)) {
      const int32_t index = find(input + inner, p->size, p->inner, sign);
      memcpy(output, &index, sizeof index);
    }
  }
}

void te_arg_max(const te_arg_max_params *params, const int8_t *input, int8_t *output) {
  find_all(params, 1, input, output);
}

void te_arg_min(const te_arg_min_params *params, const int8_t *input, int8_t *output) {
  find_all(params, -1, input, output);
}
