#include "te_dot.h"
#include "te_kernels.h"

/* One row of the window on input row `row` (NULL: above or below the input), for four channels.
 * `x` is the window's left edge. Without dilation the taps inside the input are one long row. */
static te_acc4 window_row(const te_conv2d_params *p, te_acc4 acc, const int8_t *row, int32_t x,
                          const int8_t *weights) {
  const te_window *w = &p->window;
  const int32_t channels = p->input_channels;
  const int32_t zero = p->input_zero_point;
  if (row == 0) return te_acc4_fill(acc, zero, weights, w->width * channels);
  if (w->dilation_x != 1) {
    for (int32_t tap = 0; tap < w->width; ++tap, x += w->dilation_x, weights += 4 * channels) {
      const int inside = x >= 0 && x < w->input_width;
      acc = inside ? te_acc4_dot(acc, row + x * channels, weights, channels)
                   : te_acc4_fill(acc, zero, weights, channels);
    }
    return acc;
  }
  const int32_t begin = te_clamp(-x, 0, w->width);
  const int32_t end = te_clamp(w->input_width - x, begin, w->width);
  if (begin > 0) acc = te_acc4_fill(acc, zero, weights, begin * channels);
  if (end > begin) {
    acc = te_acc4_dot(acc, row + (x + begin) * channels, weights + 4 * begin * channels,
                      (end - begin) * channels);
  }
  if (end < w->width) {
    acc = te_acc4_fill(acc, zero, weights + 4 * end * channels, (w->width - end) * channels);
  }
  return acc;
}

/* All channels of the output pixel whose window starts at (y, x) of `image`. */
static void pixel(const te_conv2d_params *p, const int8_t *image, int32_t y, int32_t x,
                  int8_t *output) {
  const te_window *w = &p->window;
  const int32_t row_bytes = w->input_width * p->input_channels;
  const int32_t row_weights = 4 * w->width * p->input_channels;
  const int8_t *weights = p->weights;
  for (int32_t channel = 0; channel < p->output_channels; channel += 4) {
    te_acc4 acc = te_acc4_start(&p->stage, channel);
    for (int32_t ky = 0; ky < w->height; ++ky, weights += row_weights) {
      const int32_t row = y + ky * w->dilation_y;
      const int inside = row >= 0 && row < w->input_height;
      acc = window_row(p, acc, inside ? image + row * row_bytes : 0, x, weights);
    }
    te_acc4_store(&p->stage, acc, channel, p->output_channels - channel, output + channel);
  }
}

void te_conv2d(const te_conv2d_params *params, const int8_t *input, int8_t *output) {
  const te_window *w = &params->window;
  const int32_t image_bytes = w->input_height * w->input_width * params->input_channels;
  for (int32_t batch = 0; batch < w->batches; ++batch, input += image_bytes) {
    for (int32_t y = 0; y < w->output_height; ++y) {
      for (int32_t x = 0; x < w->output_width; ++x, output += params->output_channels) {
        pixel(params, input, y * w->stride_y - w->pad_top, x * w->stride_x - w->pad_left, output);
      }
    }
  }
}
