#include "te_dot.h"
#include "te_kernels.h"

/* Four neighbouring channels of the window whose upper left corner is (y, x); `image` points at
 * the first of them in the input's first pixel. A tap outside the input reads the zero point. */
static te_acc4 window4(const te_depthwise_conv2d_params *p, te_acc4 acc, const int8_t *image,
                       int32_t y, int32_t x, const int8_t *weights) {
  const te_window *w = &p->window;
  const int8_t zero = (int8_t)p->input_zero_point;
  const int8_t padding[4] = {zero, zero, zero, zero};
  for (int32_t ky = 0; ky < w->height; ++ky) {
    const int32_t row = y + ky * w->dilation_y;
    const int row_inside = row >= 0 && row < w->input_height;
    for (int32_t kx = 0; kx < w->width; ++kx, weights += 4) {
      const int32_t column = x + kx * w->dilation_x;
      const int inside = row_inside && column >= 0 && column < w->input_width;
      const int32_t offset = inside ? (row * w->input_width + column) * p->input_channels : 0;
      const int8_t *in = inside ? image + offset : padding;
      acc.c0 += in[0] * weights[0];
      acc.c1 += in[1] * weights[1];
      acc.c2 += in[2] * weights[2];
      acc.c3 += in[3] * weights[3];
    }
  }
  return acc;
}

/* The same for one channel. */
static int32_t window1(const te_depthwise_conv2d_params *p, int32_t acc, const int8_t *image,
                       int32_t y, int32_t x, const int8_t *weights) {
  const te_window *w = &p->window;
  for (int32_t ky = 0; ky < w->height; ++ky) {
    const int32_t row = y + ky * w->dilation_y;
    const int row_inside = row >= 0 && row < w->input_height;
    for (int32_t kx = 0; kx < w->width; ++kx, weights += 4) {
      const int32_t column = x + kx * w->dilation_x;
      const int inside = row_inside && column >= 0 && column < w->input_width;
      const int32_t offset = inside ? (row * w->input_width + column) * p->input_channels : 0;
      acc += (inside ? image[offset] : p->input_zero_point) * weights[0];
    }
  }
  return acc;
}

/* All channels of one output pixel. */
static void pixel(const te_depthwise_conv2d_params *p, const int8_t *image, int32_t y, int32_t x,
                  int8_t *output) {
  const int32_t taps = p->window.height * p->window.width;
  const int32_t channels = p->input_channels * p->depth_multiplier;
  int32_t channel = 0;
  if (p->depth_multiplier == 1) {
    for (; channel + 4 <= channels; channel += 4) {
      const te_acc4 start = te_acc4_start(&p->stage, channel);
      const int8_t *weights = p->weights + channel * taps;
      const te_acc4 acc = window4(p, start, image + channel, y, x, weights);
      te_acc4_store(&p->stage, acc, channel, 4, output + channel);
    }
  }
  for (; channel < channels; ++channel) {
    const int8_t *weights = p->weights + (channel & ~3) * taps + (channel & 3);
    const int8_t *in = image + channel / p->depth_multiplier;
    const int32_t acc = window1(p, p->stage.bias[channel], in, y, x, weights);
    output[channel] = te_output(&p->stage, acc, channel);
  }
}

void te_depthwise_conv2d(const te_depthwise_conv2d_params *params, const int8_t *input,
                         int8_t *output) {
  const te_window *w = &params->window;
  const int32_t channels = params->input_channels * params->depth_multiplier;
  const int32_t image_bytes = w->input_height * w->input_width * params->input_channels;
  for (int32_t batch = 0; batch < w->batches; ++batch, input += image_bytes) {
    for (int32_t y = 0; y < w->output_height; ++y) {
      for (int32_t x = 0; x < w->output_width; ++x, output += channels) {
        pixel(params, input, y * w->stride_y - w->pad_top, x * w->stride_x - w->pad_left, output);
      }
    }
  }
}
