#include <string.h>

#include "rv32im.h"
#include "stage.h"

enum { PIXELS = 4 };

/* Sums of four pixels and four channels: per tap, eight loads for sixteen products. Sixteen sums,
 * four weights and an input fit the registers if nothing is loaded ahead of its use. */
TE_RV32_IN_ORDER static void multiply(const int8_t *columns, const int8_t *weights, uint32_t taps,
                                      const int32_t *initial, int32_t sums[PIXELS][4]) {
  int32_t a0 = initial[0], a1 = initial[1], a2 = initial[2], a3 = initial[3];
  int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
  int32_t c0 = a0, c1 = a1, c2 = a2, c3 = a3;
  int32_t d0 = a0, d1 = a1, d2 = a2, d3 = a3;
#pragma GCC unroll 2
  for (const int8_t *const end = weights + 4 * taps; weights != end; weights += 4, columns += 4) {
    const int32_t w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3];
    int32_t x = columns[0];
    a0 += x * w0;
    a1 += x * w1;
    a2 += x * w2;
    a3 += x * w3;
    x = columns[1];
    b0 += x * w0;
    b1 += x * w1;
    b2 += x * w2;
    b3 += x * w3;
    x = columns[2];
    c0 += x * w0;
    c1 += x * w1;
    c2 += x * w2;
    c3 += x * w3;
    x = columns[3];
    d0 += x * w0;
    d1 += x * w1;
    d2 += x * w2;
    d3 += x * w3;
  }
  const int32_t all[PIXELS][4] = {
      {a0, a1, a2, a3}, {b0, b1, b2, b3}, {c0, c1, c2, c3}, {d0, d1, d2, d3}};
  memcpy(sums, all, sizeof all);
}

/* `count` bytes to every fourth byte. */
static int8_t *spread(int8_t *to, const int8_t *from, uint32_t count) {
  const int8_t *const end = from + count;
  for (; end - from >= 4; from += 4, to += 16) {
    to[0] = from[0];
    to[4] = from[1];
    to[8] = from[2];
    to[12] = from[3];
  }
  for (; from != end; from++, to += 4) *to = *from;
  return to;
}

static int8_t *spread_padding(int8_t *to, int8_t zero_point, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, to += 4) *to = zero_point;
  return to;
}

/* The window of the output at (y, x), to every fourth byte of the columns. */
static void gather(const te_rv32_conv_params *p, int8_t *to, const int8_t *input, int32_t y,
                   int32_t x) {
  const te_rv32_window *const w = &p->window;
  const int32_t channels = w->input_channels;
  for (int32_t ky = 0; ky < w->height; ky++) {
    const int32_t row = y * w->stride_y - w->top + ky * w->dilation_y;
    if (row < 0 || row >= w->input_height) {
      to = spread_padding(to, p->zero_point, (uint32_t)w->width * w->input_channels);
      continue;
    }
    const int8_t *const from = input + row * w->input_width * channels;
    const int32_t first = x * w->stride_x - w->left;
    if (w->dilation_x == 1 && first >= 0 && first + w->width <= w->input_width) {
      to = spread(to, from + first * channels, (uint32_t)w->width * w->input_channels);
      continue;
    }
    for (int32_t kx = 0; kx < w->width; kx++) {
      const int32_t column = first + kx * w->dilation_x;
      const int inside = column >= 0 && column < w->input_width;
      to = inside ? spread(to, from + column * channels, w->input_channels)
                  : spread_padding(to, p->zero_point, w->input_channels);
    }
  }
}

void te_rv32_conv(const te_rv32_conv_params *p, const void *input, void *output, void *scratch) {
  const te_rv32_window *const w = &p->window;
  const te_rv32_stage *const stages = p->stages;
  const uint32_t pixels = (uint32_t)w->output_height * w->output_width;
  const uint32_t channels = w->output_channels;
  int8_t *const columns = scratch, *const outputs = output;
  for (uint32_t done = 0; done < pixels; done += PIXELS) {
    const uint32_t count = pixels - done < PIXELS ? pixels - done : PIXELS;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t pixel = done + i;
      gather(p, columns + i, input, (int32_t)(pixel / w->output_width),
             (int32_t)(pixel % w->output_width));
    }
    int8_t *const to = outputs + done * channels;
    for (uint32_t c = 0; c < channels; c += 4) {
      int32_t sums[PIXELS][4];
      const te_rv32_stage *const stage = stages + c / 4;
      multiply(columns, (const int8_t *)p->weights + c * p->taps, p->taps, stage->initial, sums);
      const uint32_t width = channels - c < 4 ? channels - c : 4;
      for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < width; k++) {
          to[i * channels + c + k] = te_rv32_byte(stage, k, sums[i][k], p->low, p->high);
        }
      }
    }
  }
}
