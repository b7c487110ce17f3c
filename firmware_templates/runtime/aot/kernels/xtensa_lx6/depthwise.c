#include <string.h>

#include "lx6.h"
#include "xtensa_lx6.h"

/* Four channels of input row `y` into row `to` of both planes, padded, or a row of padding. */
static void load_row(const te_lx6_depthwise_params *p, uint32_t *to, const int8_t *input,
                     int32_t y) {
  uint32_t *const other = to + p->plane;
  const uint32_t zero = p->zero * UINT32_C(0x00010001);
  const int inside = y >= 0 && y < p->input_height;
  const uint32_t left = inside ? p->left : p->pitch, end = p->left + (uint32_t)p->input_width;
  if (inside) {
    const int8_t *const from = input + (uint32_t)y * p->input_width * p->channels;
    p->transpose(from, to + left, other + left, p->input_width, p->channels);
  }
  for (uint32_t i = 0; i < left; i++) to[i] = other[i] = zero;
  for (uint32_t i = inside ? end : p->pitch; i < p->pitch; i++) to[i] = other[i] = zero;
}

/* Four channels, strip by strip: a row is read before it may be overwritten. */
static void four_channels(const te_lx6_depthwise_params *p, const uint32_t *stream,
                          const int8_t *input, int8_t *output, uint32_t *planes) {
  te_lx6_depthwise_kernel *const kernels[2] = {p->low, p->high};
  const int32_t stride = p->stride, window = 3;
  te_lx6_depthwise_run run = {
      .width = p->output_width,
      .channels = p->channels,
      .pitch = p->pitch * 4u,
      .row_skip = (p->pitch - p->output_width) * stride * 4,
  };
  int32_t next = -(int32_t)p->top, loaded = 0;
  for (int32_t y = 0; y < p->output_height; y += p->strip) {
    const int32_t left = p->output_height - y, rows = left < p->strip ? left : p->strip;
    for (const int32_t wanted = (rows - 1) * stride + window; loaded < wanted; loaded++) {
      load_row(p, planes + (uint32_t)loaded * p->pitch, input, next++);
    }
    run.rows = (uint32_t)rows;
    int8_t *const to = output + (uint32_t)y * p->output_width * p->channels;
    for (uint32_t k = 0; k < 4; k++) {
      kernels[k / 2](planes + k % 2 * p->plane, stream + k * p->channel_words, to + k, &run);
    }
    const int32_t passed = rows * stride;
    loaded -= passed;
    const uint32_t bytes = (uint32_t)loaded * p->pitch * 4u;
    for (uint32_t k = 0; k < 2; k++) {
      uint32_t *const plane = planes + k * p->plane;
      memmove(plane, plane + (uint32_t)passed * p->pitch, bytes);
    }
  }
}

void te_lx6_depthwise(const te_lx6_depthwise_params *p, const void *input, void *output,
                      void *scratch) {
  const int8_t *const from = input;
  int8_t *const to = output;
  for (uint32_t c = 0; c < p->channels; c += 4) {
    four_channels(p, p->stream + c * p->channel_words, from + c, to + c, scratch);
  }
  te_lx6_limit(to, (uint32_t)p->output_height * p->output_width * p->channels, p->low_clamp,
               p->high_clamp);
}
