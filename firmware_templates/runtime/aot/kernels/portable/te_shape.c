#include <string.h>

#include "te_kernels.h"

/* Innermost row of an axis combination that may lie outside the input; returns the input's next. */
static const int8_t *pad_row(const te_pad_params *p, const int8_t *input, int is_inside,
                             int8_t *output) {
  const int axis = TE_PAD_RANK - 1;
  const size_t before = (size_t)p->before[axis];
  const size_t size = (size_t)p->size[axis];
  memset(output, p->value, before + size + (size_t)p->after[axis]);
  if (!is_inside) return input;
  memcpy(output + before, input, size);
  return input + size;
}

static int32_t padded(const te_pad_params *p, int axis) {
  return p->before[axis] + p->size[axis] + p->after[axis];
}

void te_pad(const te_pad_params *params, const int8_t *input, int8_t *output) {
  int32_t index[TE_PAD_RANK - 1] = {0};
  for (;;) {
    int is_inside = 1;
    for (int axis = 0; axis < TE_PAD_RANK - 1; ++axis) {
      const int32_t i = index[axis] - params->before[axis];
      is_inside = is_inside && i >= 0 && i < params->size[axis];
    }
    input = pad_row(params, input, is_inside, output);
    output += padded(params, TE_PAD_RANK - 1);
    int axis = TE_PAD_RANK - 2;
    while (axis >= 0 && ++index[axis] == padded(params, axis)) index[axis--] = 0;
    if (axis < 0) return;
  }
}

void te_concatenation(const te_concatenation_params *params, const int8_t *const *inputs,
                      int8_t *output) {
  for (int32_t outer = 0; outer < params->outer; ++outer) {
    for (int32_t i = 0; i < params->count; ++i) {
      const size_t bytes = (size_t)params->chunks[i];
      memcpy(output, inputs[i] + (size_t)outer * bytes, bytes);
      output += bytes;
    }
  }
}

void te_copy(const te_copy_params *params, const int8_t *input, int8_t *output) {
  memmove(output, input, (size_t)params->bytes);
}
