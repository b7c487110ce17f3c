#include "te_dot.h"
#include "te_kernels.h"

/* Dot product of one input pixel, less its zero point, with four output channels. */
static te_acc4 tap(te_acc4 acc, const int8_t *input, int32_t zero, const int8_t *weights,
                   int32_t count) {
  for (int32_t i = 0; i < count; ++i, weights += 4) {
    const int32_t x = input[i] - zero;
    acc.c0 += x * weights[0];
    acc.c1 += x * weights[1];
    acc.c2 += x * weights[2];
    acc.c3 += x * weights[3];
  }
  return acc;
}

/* The input index that reaches an output `distance` behind its first tap; -1: none does. */
static int32_t source(int32_t distance, int32_t stride, int32_t size) {
  if (distance < 0 || distance % stride != 0) return -1;
  return distance / stride < size ? distance / stride : -1;
}

/* All channels of the output pixel at (y, x), counted from the first input pixel's first tap. */
static void pixel(const te_transpose_conv_params *p, const int8_t *image, int32_t y, int32_t x,
                  int8_t *output) {
  const te_window *w = &p->window;
  const int32_t depth = p->input_channels;
  const int8_t *weights = p->weights;
  for (int32_t channel = 0; channel < p->output_channels; channel += 4) {
    te_acc4 acc = te_acc4_start(&p->stage, channel);
    for (int32_t ky = 0; ky < w->height; ++ky) {
      const int32_t row = source(y - ky, w->stride_y, w->input_height);
      for (int32_t kx = 0; kx < w->width; ++kx, weights += 4 * depth) {
        const int32_t column = source(x - kx, w->stride_x, w->input_width);
        if (row < 0 || column < 0) continue;
        const int8_t *in = image + (row * w->input_width + column) * depth;
        acc = tap(acc, in, p->input_zero_point, weights, depth);
      }
    }
    te_acc4_store(&p->stage, acc, channel, p->output_channels - channel, output + channel);
  }
}

void te_transpose_conv(const te_transpose_conv_params *params, const int8_t *input,
                       int8_t *output) {
  const te_window *w = &params->window;
  const int32_t image_bytes = w->input_height * w->input_width * params->input_channels;
  for (int32_t batch = 0; batch < w->batches; ++batch, input += image_bytes) {
    for (int32_t y = 0; y < w->output_height; ++y) {
      for (int32_t x = 0; x < w->output_width; ++x, output += params->output_channels) {
        pixel(params, input, y + w->pad_top, x + w->pad_left, output);
      }
    }
  }
}
