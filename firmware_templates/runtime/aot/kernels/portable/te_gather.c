#include <string.h>

#include "te_kernels.h"

#define INNERMOST (TE_GATHER_RANK - 1)

static void copy_row(const int8_t *input, int32_t stride, int32_t count, int8_t *output) {
  if (stride == 1) {
    memmove(output, input, (size_t)count);
    return;
  }
  for (int32_t i = 0; i < count; ++i) output[i] = input[i * stride];
}

void te_gather(const te_gather_params *params, const int8_t *input, int8_t *output) {
  const int32_t *shape = params->shape;
  const int32_t *stride = params->stride;
  int32_t index[INNERMOST] = {0};
  int32_t position = params->offset; /* of the row in the input */
  int axis;
  do {
    copy_row(input + position, stride[INNERMOST], shape[INNERMOST], output);
    output += shape[INNERMOST];
    for (axis = INNERMOST - 1; axis >= 0; --axis) {
      position += stride[axis];
      if (++index[axis] < shape[axis]) break;
      position -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  } while (axis >= 0);
}
