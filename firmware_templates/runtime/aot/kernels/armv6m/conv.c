#include "conv.h"

/* Unpacks `words` times four inputs, or as many of padding where `from` is NULL; returns the place
 * of the next. */
static uint32_t *put(const te_v6m_conv_params *p, const int8_t *from, uint32_t *to,
                     uint32_t words) {
  if (from) {
    p->unpack(from, to, words);
    return to + words * TE_V6M_GROUP_WORDS;
  }
  const uint32_t zero = (uint32_t)((int32_t)p->zero_point * 0x10001);
  const uint32_t offset = 2 * zero * 0x00800080u - 0x8000u;
  for (; words > 0; words--, to += TE_V6M_GROUP_WORDS) {
    to[0] = to[1] = zero;
    to[2] = offset;
  }
  return to;
}

/* A window whose first tap is at row `y` and column `x` of the input. */
static void unpack_window(const te_v6m_conv_params *p, const int8_t *input, int32_t y, int32_t x,
                          uint32_t *to) {
  const int32_t channels = p->input_channels, pitch = p->input_width * channels;
  const uint32_t words = (uint32_t)channels / 4;
  const int whole = p->dilation_x == 1 && x >= 0 && x + p->width <= p->input_width;
  for (int32_t ky = 0; ky < p->height; ky++, y += p->dilation_y) {
    const int8_t *const row = y >= 0 && y < p->input_height ? input + y * pitch : 0;
    if (!row || whole) {
      to = put(p, row ? row + x * channels : 0, to, p->width * words);
      continue;
    }
    int32_t column = x;
    for (int32_t kx = 0; kx < p->width; kx++, column += p->dilation_x) {
      const int inside = column >= 0 && column < p->input_width;
      to = put(p, inside ? row + column * channels : 0, to, words);
    }
  }
}

void te_v6m_conv(const te_v6m_conv_params *params, const void *input, void *output, void *scratch) {
  const te_v6m_conv_params *const p = params;
  uint32_t *const columns = scratch;
  te_v6m_block block = te_v6m_block_of(p, columns, output);
  uint32_t filled = 0;
  int32_t y = -(int32_t)p->top;
  for (uint32_t row = p->output_height; row > 0; row--, y += p->stride_y) {
    int32_t x = -(int32_t)p->left;
    for (uint32_t column = p->output_width; column > 0; column--, x += p->stride_x) {
      unpack_window(p, input, y, x, columns + 3 * filled);
      if (++filled < TE_V6M_PIXELS && !(row == 1 && column == 1)) continue;
      p->kernel(&block);
      block.output += TE_V6M_PIXELS * p->output_channels;
      filled = 0;
    }
  }
}
