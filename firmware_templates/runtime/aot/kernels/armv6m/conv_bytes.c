#include <string.h>

#include "conv.h"

static int8_t *copy(int8_t *to, const int8_t *from, uint32_t count) {
  for (const int8_t *const end = from + count; from != end;) *to++ = *from++;
  return to;
}

static int8_t *fill(int8_t *to, int8_t value, uint32_t count) {
  for (int8_t *const end = to + count; to != end;) *to++ = value;
  return to;
}

/* A window whose first tap is at row `y` and column `x` of the input. */
static void gather(const te_v6m_conv_params *p, const int8_t *input, int32_t y, int32_t x,
                   int8_t *to) {
  const int32_t channels = p->input_channels, pitch = p->input_width * channels;
  const uint32_t depth = p->input_channels;
  const int whole = p->dilation_x == 1 && x >= 0 && x + p->width <= p->input_width;
  if (whole && p->gather && y >= 0 && y + (p->height - 1) * p->dilation_y < p->input_height) {
    p->gather(input + y * pitch + x * channels, to, p->height, (uint32_t)(p->dilation_y * pitch));
    return;
  }
  for (int32_t ky = 0; ky < p->height; ky++, y += p->dilation_y) {
    const int8_t *const row = input + y * pitch;
    if (y < 0 || y >= p->input_height) {
      to = fill(to, p->zero_point, p->width * depth);
    } else if (whole) {
      to = copy(to, row + x * channels, p->width * depth);
    } else {
      int32_t column = x;
      for (int32_t kx = 0; kx < p->width; kx++, column += p->dilation_x) {
        const int inside = column >= 0 && column < p->input_width;
        to = inside ? copy(to, row + column * channels, depth) : fill(to, p->zero_point, depth);
      }
    }
  }
}

void te_v6m_conv_bytes(const te_v6m_conv_bytes_params *params, const void *input, void *output,
                       void *scratch) {
  const te_v6m_conv_params *const p = params;
  uint32_t *const columns = scratch;
  te_v6m_block block = te_v6m_block_of(p, columns, output);
  int8_t *const window = (int8_t *)(columns + p->groups * (uint32_t)TE_V6M_GROUP_WORDS);
  uint32_t filled = 0;
  int32_t y = -(int32_t)p->top;
  memset(window, 0, p->groups * 4u); /* taps that fill up the last group */
  for (uint32_t row = p->output_height; row > 0; row--, y += p->stride_y) {
    int32_t x = -(int32_t)p->left;
    for (uint32_t column = p->output_width; column > 0; column--, x += p->stride_x) {
      gather(p, input, y, x, window);
      p->unpack(window, columns + 3 * filled, p->groups);
      if (++filled < TE_V6M_PIXELS && !(row == 1 && column == 1)) continue;
      p->kernel(&block);
      block.output += TE_V6M_PIXELS * p->output_channels;
      filled = 0;
    }
  }
}
