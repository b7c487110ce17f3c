#include "te_fixedpoint.h"
#include "te_kernels.h"

/* The part of a window that lies inside the input. */
typedef struct part {
  const int8_t *first; /* its first pixel */
  int32_t rows, columns;
} part;

static part inside(const te_pool_params *p, const int8_t *image, int32_t out_y, int32_t out_x) {
  const te_window *w = &p->window;
  const int32_t y = out_y * w->stride_y - w->pad_top;
  const int32_t x = out_x * w->stride_x - w->pad_left;
  const int32_t top = y < 0 ? 0 : y;
  const int32_t left = x < 0 ? 0 : x;
  const int32_t bottom = te_clamp(y + w->height, 0, w->input_height);
  const int32_t right = te_clamp(x + w->width, 0, w->input_width);
  return (part){image + (top * w->input_width + left) * p->channels, bottom - top, right - left};
}

static int8_t largest(const te_pool_params *p, part window, int32_t channel) {
  int32_t max = INT8_MIN;
  const int8_t *row = window.first + channel;
  for (int32_t y = 0; y < window.rows; ++y, row += p->window.input_width * p->channels) {
    const int8_t *in = row;
    for (int32_t x = 0; x < window.columns; ++x, in += p->channels) {
      if (*in > max) max = *in;
    }
  }
  return (int8_t)te_clamp(max, p->low, p->high);
}

static int8_t average(const te_pool_params *p, part window, int32_t channel) {
  int32_t sum = 0;
  const int32_t count = window.rows * window.columns;
  const int8_t *row = window.first + channel;
  for (int32_t y = 0; y < window.rows; ++y, row += p->window.input_width * p->channels) {
    const int8_t *in = row;
    for (int32_t x = 0; x < window.columns; ++x, in += p->channels) sum += *in;
  }
  const int32_t rounded = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
  return (int8_t)te_clamp(rounded, p->low, p->high);
}

void te_max_pool(const te_pool_params *params, const int8_t *input, int8_t *output) {
  const te_window *w = &params->window;
  const int32_t image_bytes = w->input_height * w->input_width * params->channels;
  for (int32_t batch = 0; batch < w->batches; ++batch, input += image_bytes) {
    for (int32_t y = 0; y < w->output_height; ++y) {
      for (int32_t x = 0; x < w->output_width; ++x, output += params->channels) {
        const part window = inside(params, input, y, x);
        for (int32_t c = 0; c < params->channels; ++c) output[c] = largest(params, window, c);
      }
    }
  }
}

void te_average_pool(const te_pool_params *params, const int8_t *input, int8_t *output) {
  const te_window *w = &params->window;
  const int32_t image_bytes = w->input_height * w->input_width * params->channels;
  for (int32_t batch = 0; batch < w->batches; ++batch, input += image_bytes) {
    for (int32_t y = 0; y < w->output_height; ++y) {
      for (int32_t x = 0; x < w->output_width; ++x, output += params->channels) {
        const part window = inside(params, input, y, x);
        for (int32_t c = 0; c < params->channels; ++c) output[c] = average(params, window, c);
      }
    }
  }
}
