#include "rv32im.h"
#include "stage.h"

enum { OUTPUTS = 8, STAGE = 4, UNROLL = 8 };

/* The products of an input with the weights of eight outputs: nine loads for eight products. */
#define TE_ADD(k)                       \
  do {                                  \
    const int32_t in = x[k];            \
    a += in * weights[OUTPUTS * k];     \
    b += in * weights[OUTPUTS * k + 1]; \
    c += in * weights[OUTPUTS * k + 2]; \
    d += in * weights[OUTPUTS * k + 3]; \
    e += in * weights[OUTPUTS * k + 4]; \
    f += in * weights[OUTPUTS * k + 5]; \
    g += in * weights[OUTPUTS * k + 6]; \
    h += in * weights[OUTPUTS * k + 7]; \
  } while (0)

TE_RV32_IN_ORDER static void multiply(const int8_t *x, const int8_t *weights, uint32_t inputs,
                                      const te_rv32_stage *stages, int32_t sums[OUTPUTS]) {
  int32_t a = stages[0].initial[0], b = stages[0].initial[1];
  int32_t c = stages[0].initial[2], d = stages[0].initial[3];
  int32_t e = stages[1].initial[0], f = stages[1].initial[1];
  int32_t g = stages[1].initial[2], h = stages[1].initial[3];
  const int8_t *const end = x + inputs;
  for (; end - x >= UNROLL; x += UNROLL, weights += OUTPUTS * UNROLL) {
    TE_ADD(0);
    TE_ADD(1);
    TE_ADD(2);
    TE_ADD(3);
    TE_ADD(4);
    TE_ADD(5);
    TE_ADD(6);
    TE_ADD(7);
  }
  for (; x != end; x++, weights += OUTPUTS) TE_ADD(0);
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
  sums[4] = e;
  sums[5] = f;
  sums[6] = g;
  sums[7] = h;
}

/* Up to four outputs. */
static int8_t *store(int8_t *to, const te_rv32_stage *stage, const int32_t *sums, uint32_t count,
                     int32_t low, int32_t high) {
  to[0] = te_rv32_byte(stage, 0, sums[0], low, high);
  if (count > 1) to[1] = te_rv32_byte(stage, 1, sums[1], low, high);
  if (count > 2) to[2] = te_rv32_byte(stage, 2, sums[2], low, high);
  if (count > 3) to[3] = te_rv32_byte(stage, 3, sums[3], low, high);
  return to + (count < STAGE ? count : STAGE);
}

void te_rv32_fully_connected(const te_rv32_fully_connected_params *p, const void *input,
                             void *output) {
  const te_rv32_stage *const stages = p->stages;
  const int8_t *from = input;
  int8_t *to = output;
  for (uint32_t row = 0; row < p->batches; row++, from += p->inputs) {
    const int8_t *weights = p->weights;
    for (uint32_t c = 0; c < p->outputs; c += OUTPUTS, weights += OUTPUTS * p->inputs) {
      int32_t sums[OUTPUTS];
      const te_rv32_stage *const stage = stages + c / STAGE;
      multiply(from, weights, p->inputs, stage, sums);
      const uint32_t left = p->outputs - c;
      to = store(to, stage, sums, left, p->low, p->high);
      if (left <= STAGE) continue;
      to = store(to, stage + 1, sums + STAGE, left - STAGE, p->low, p->high);
    }
  }
}
