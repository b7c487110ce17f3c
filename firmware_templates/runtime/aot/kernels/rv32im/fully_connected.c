#include "rv32im.h"
#include "stage.h"

void te_rv32_fully_connected(const te_rv32_fully_connected_params *p, const void *input,
                             void *output) {
  const te_rv32_stage *const stages = p->stages;
  const int8_t *from = input;
  int8_t *to = output;
  for (uint32_t row = 0; row < p->batches; row++, from += p->inputs) {
    const int8_t *weights = p->weights;
    for (uint32_t c = 0; c < p->outputs; c += 4) {
      const te_rv32_stage *const stage = stages + c / 4;
      int32_t a = stage->initial[0], b = stage->initial[1];
      int32_t d = stage->initial[2], e = stage->initial[3];
      const int8_t *x = from;
#pragma GCC unroll 4
      for (const int8_t *const end = from + p->inputs; x != end; x++, weights += 4) {
        a += *x * weights[0];
        b += *x * weights[1];
        d += *x * weights[2];
        e += *x * weights[3];
      }
      const int32_t sums[4] = {a, b, d, e};
      const uint32_t width = p->outputs - c < 4 ? p->outputs - c : 4;
      for (uint32_t k = 0; k < width; k++) {
        *to++ = te_rv32_byte(stage, k, sums[k], p->low, p->high);
      }
    }
  }
}
