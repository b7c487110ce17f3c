#include "xtensa_lx6.h"

/* Where a stretch of `size` from `at` on lies within 0 .. limit - 1. */
static uint32_t clip(int32_t *at, int32_t size, int32_t limit) {
  const int32_t from = *at < 0 ? 0 : *at;
  const int32_t to = *at + size > limit ? limit : *at + size;
  *at = from;
  return (uint32_t)(to - from);
}

/* Mean of `count` values of which `sum` is that of q + 128; halves are rounded away from zero. */
static int8_t mean(const te_lx6_average_pool_params *p, uint32_t sum, int32_t count) {
  const int32_t plain = (int32_t)sum - 128 * count, half = count / 2;
  const int32_t value = (plain > 0 ? plain + half : plain - half) / count;
  return (int8_t)(value < p->low ? p->low : value > p->high ? p->high : value);
}

/* The outputs of one window: the first `channels` bytes from `output` on. */
static void average(const te_lx6_average_pool_params *p, const int8_t *input, int32_t y, int32_t x,
                    int8_t *output) {
  const uint32_t rows = clip(&y, p->height, p->input_height);
  const uint32_t columns = clip(&x, p->width, p->input_width);
  const int32_t count = (int32_t)(rows * columns);
  const te_lx6_sum_area area = {columns, p->channels, (p->input_width - columns) * p->channels};
  const int8_t *const first = input + (y * p->input_width + x) * p->channels;
  for (uint32_t c = 0; c < p->channels; c += 4) {
    uint32_t sums[2];
    p->sum(first + c, rows, &area, sums);
    for (uint32_t i = 0; i < 4; i++) {
      output[c + i] = mean(p, sums[i % 2] >> i / 2 * 16 & 0xffffu, count);
    }
  }
}

void te_lx6_average_pool(const te_lx6_average_pool_params *p, const void *input, void *output) {
  int8_t *to = output;
  for (int32_t y = 0; y < p->output_height; y++) {
    for (int32_t x = 0; x < p->output_width; x++, to += p->channels) {
      average(p, input, y * p->stride_y - p->top, x * p->stride_x - p->left, to);
    }
  }
}
