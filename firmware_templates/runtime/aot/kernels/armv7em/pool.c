#include "armv7em.h"
#include "rows.h"

/* The part of a window that lies inside the input. */
typedef struct part {
  const uint8_t *first;
  uint32_t rows, columns;
} part;

/* Where a stretch of `size` from `at` on lies within 0 .. limit - 1. */
static uint32_t clip(int32_t *at, int32_t size, int32_t limit) {
  const int32_t from = *at < 0 ? 0 : *at;
  const int32_t to = *at + size > limit ? limit : *at + size;
  *at = from;
  return (uint32_t)(to - from);
}

static part window_at(const te_v7em_pool_params *params, const uint8_t *input, int32_t out_y,
                      int32_t out_x) {
  int32_t y = out_y * params->stride_y - params->top;
  int32_t x = out_x * params->stride_x - params->left;
  part window;
  window.rows = clip(&y, params->height, params->input_height);
  window.columns = clip(&x, params->width, params->input_width);
  window.first = input + (y * params->input_width + x) * params->channels;
  return window;
}

static uint8_t clamp(int32_t value, const te_v7em_pool_params *params) {
  if (value < params->low) return params->low;
  return (uint8_t)(value > params->high ? params->high : value);
}

/* Mean of `count` bytes with that sum, rounded as int8 would be. */
static int32_t mean(uint32_t sum, int32_t count) {
  const int32_t plain = (int32_t)sum - 128 * count;
  const int32_t half = count / 2;
  return (plain > 0 ? plain + half : plain - half) / count + 128;
}

static void average_window(const te_v7em_pool_params *params, part window, uint8_t *output) {
  const int32_t count = (int32_t)(window.rows * window.columns);
  const te_sum_area area = {
      .channels = params->channels,
      .row_gap = (int32_t)((params->input_width - window.columns) * params->channels),
      .columns = window.columns,
  };
  for (uint32_t group = 0; group < params->channels; group += 8) {
    const uint32_t c = group + 8 <= params->channels ? group : params->channels - 8u;
    uint32_t sums[4];
    params->sum(window.first + c, window.rows, &area, sums);
    for (uint32_t i = 0; i < 8; i++) {
      const uint32_t lanes = sums[i % 2 + i / 4 * 2];
      output[c + i] = clamp(mean(i & 2 ? lanes >> 16 : lanes & 0xffffu, count), params);
    }
  }
}

void te_v7em_average_pool(const te_v7em_average_pool_params *params, const void *input,
                          void *output) {
  uint8_t *to = output;
  for (int32_t y = 0; y < params->output_height; y++) {
    for (int32_t x = 0; x < params->output_width; x++, to += params->channels) {
      average_window(params, window_at(params, input, y, x), to);
    }
  }
}

/* Limits bytes to low..high, four at a time. */
static void limit(const te_v7em_pool_params *params, uint8_t *bytes, uint32_t words) {
  if (params->low == 0 && params->high == 255) return;
  for (uint32_t i = 0; i < 4 * words; i++) bytes[i] = clamp(bytes[i], params);
}

void te_v7em_max_pool(const te_v7em_max_pool_params *params, const void *input, void *output) {
  const uint32_t channels = params->channels, words = channels / 4;
  const uint32_t row = params->input_width * channels;
  uint8_t *to = output;
  for (int32_t y = 0; y < params->output_height; y++) {
    for (int32_t x = 0; x < params->output_width; x++, to += channels) {
      const part window = window_at(params, input, y, x);
      const uint8_t *best = window.first;
      for (uint32_t i = 0; i < window.rows; i++) {
        for (uint32_t j = i == 0 && window.columns > 1; j < window.columns; j++) {
          params->max(to, best, window.first + i * row + j * channels, words);
          best = to;
        }
      }
      limit(params, to, words);
    }
  }
}
