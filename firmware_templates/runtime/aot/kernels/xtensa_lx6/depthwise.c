#include <string.h>

#include "lx6.h"
#include "xtensa_lx6.h"

/* Rows `first` to `last` of four channels into the planes, from row 0 of these on; what lies
 * outside the input is left as it is. */
static void load_rows(const te_lx6_depthwise_params *p, uint32_t *planes, const int8_t *input,
                      int32_t first, int32_t last) {
  const te_lx6_transpose_run run = {p->input_width, p->channels,
                                    4u * (uint32_t)(p->pitch - p->input_width)};
  const int32_t from = first < 0 ? 0 : first;
  const int32_t end = last < p->input_height ? last : p->input_height;
  uint32_t *const to = planes + (uint32_t)(from - first) * p->pitch + p->left;
  if (end <= from) return;
  p->transpose(input + (uint32_t)from * p->input_width * p->channels, to, to + p->plane,
               (uint32_t)(end - from), &run);
}

/* Both planes' rows from row `at` on that hold no input, of those to the strip's end. */
static void pad_rows(const te_lx6_depthwise_params *p, uint32_t *planes, int32_t at, int32_t rows,
                     int32_t first) {
  for (int32_t row = at; row < rows; row++) {
    const int32_t y = first + row;
    if (y >= 0 && y < p->input_height) continue;
    uint8_t *const to = (uint8_t *)(planes + (uint32_t)row * p->pitch);
    te_lx6_fill(to, p->zero, 4u * p->pitch);
    te_lx6_fill(to + 4u * p->plane, p->zero, 4u * p->pitch);
  }
}

/* Both planes with `zero` in all lanes. */
static void fill(const te_lx6_depthwise_params *p, uint32_t *planes) {
  const uint32_t lanes = p->zero * 0x10001u;
  for (uint32_t left = p->plane; left > 0; left--, planes += 2) planes[0] = planes[1] = lanes;
}

/* Four channels, strip by strip: a row is read before it may be overwritten. */
static void four_channels(const te_lx6_depthwise_params *p, const uint32_t *stream,
                          const int8_t *input, int8_t *output, uint32_t *planes) {
  te_lx6_depthwise_kernel *const kernels[2] = {p->low, p->high};
  const int32_t stride = p->stride_y, window = p->window;
  const int whole = p->strip >= p->output_height;
  te_lx6_depthwise_run run = {
      .width = p->output_width,
      .channels = p->channels,
      .pitch = p->pitch * 4u,
      .row_skip = (p->pitch * stride - p->output_width * p->stride_x) * 4,
      .row_step = (uint32_t)(p->pitch * stride) * 4,
  };
  int32_t loaded = 0;
  for (int32_t y = 0; y < p->output_height; y += p->strip) {
    const int32_t left = p->output_height - y, rows = left < p->strip ? left : p->strip;
    const int32_t wanted = (rows - 1) * stride + window, first = y * stride - p->top;
    load_rows(p, planes + (uint32_t)loaded * p->pitch, input, first + loaded, first + wanted);
    if (!whole) pad_rows(p, planes, loaded, wanted, first);
    run.rows = (uint32_t)rows;
    int8_t *const to = output + (uint32_t)y * p->output_width * p->channels;
    for (uint32_t k = 0; k < 4; k++) {
      kernels[k / 2](planes + k % 2 * p->plane, stream + k * p->channel_words, to + k, &run);
    }
    const int32_t passed = rows * stride;
    if (y + rows == p->output_height) break;
    /* where windows lie apart, some rows are never read */
    loaded = wanted > passed ? wanted - passed : 0;
    for (uint32_t k = 0; k < 2; k++) {
      uint32_t *const plane = planes + k * p->plane;
      memmove(plane, plane + (uint32_t)passed * p->pitch, (uint32_t)loaded * p->pitch * 4u);
    }
  }
}

void te_lx6_depthwise(const te_lx6_depthwise_params *p, const void *input, void *output,
                      void *scratch) {
  const int8_t *const from = input;
  int8_t *const to = output;
  /* columns of padding stay as they are, and rows where one strip is all */
  fill(p, scratch);
  for (uint32_t c = 0; c < p->channels; c += 4) {
    four_channels(p, p->stream + c * p->channel_words, from + c, to + c, scratch);
  }
  te_lx6_limit(to, (uint32_t)p->output_height * p->output_width * p->channels, p->low_clamp,
               p->high_clamp);
}
