/* Dot products of one input row with four output channels at a time, and the way back to int8.
 * Shared by the convolution and fully connected kernels. */
#ifndef TE_DOT_H
#define TE_DOT_H

#include <stdint.h>

#include "te_fixedpoint.h"
#include "te_kernels.h"

/* Accumulators of four neighbouring output channels. */
typedef struct te_acc4 {
  int32_t c0, c1, c2, c3;
} te_acc4;

/* Starts from the bias of channels `channel`..`channel` + 3. */
static inline te_acc4 te_acc4_start(const te_output_stage *stage, int32_t channel) {
  const int32_t *bias = &stage->bias[channel];
  return (te_acc4){bias[0], bias[1], bias[2], bias[3]};
}

/* Adds the dot product of `count` inputs with weights that hold four channels an input. */
static inline te_acc4 te_acc4_dot(te_acc4 acc, const int8_t *input, const int8_t *weights,
                                  int32_t count) {
  for (int32_t i = 0; i < count; ++i, weights += 4) {
    const int32_t x = input[i];
    acc.c0 += x * weights[0];
    acc.c1 += x * weights[1];
    acc.c2 += x * weights[2];
    acc.c3 += x * weights[3];
  }
  return acc;
}

/* The same for `count` inputs that all have the value `x`: padding. */
static inline te_acc4 te_acc4_fill(te_acc4 acc, int32_t x, const int8_t *weights, int32_t count) {
  for (int32_t i = 0; i < count; ++i, weights += 4) {
    acc.c0 += x * weights[0];
    acc.c1 += x * weights[1];
    acc.c2 += x * weights[2];
    acc.c3 += x * weights[3];
  }
  return acc;
}

/* One accumulator to int8. */
static inline int8_t te_output(const te_output_stage *stage, int32_t acc, int32_t channel) {
  const int32_t scaled = te_requantize(acc, stage->multiplier[channel], stage->shift[channel]);
  return (int8_t)te_clamp(scaled + stage->zero_point, stage->low, stage->high);
}

/* Writes the first `count` (1..4) of the four channels. */
static inline void te_acc4_store(const te_output_stage *stage, te_acc4 acc, int32_t channel,
                                 int32_t count, int8_t *output) {
  output[0] = te_output(stage, acc.c0, channel);
  if (count > 1) output[1] = te_output(stage, acc.c1, channel + 1);
  if (count > 2) output[2] = te_output(stage, acc.c2, channel + 2);
  if (count > 3) output[3] = te_output(stage, acc.c3, channel + 3);
}

#endif
