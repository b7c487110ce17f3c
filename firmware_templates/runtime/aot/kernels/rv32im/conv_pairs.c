#include <string.h>

#include "rv32im.h"

enum { PIXELS = 6, STEP = PIXELS / 2 };

/* Where an output's window begins in the input, and how many outputs are left of its row. */
typedef struct position {
  int32_t y, x;
  uint32_t left;
} position;

static void advance(const te_rv32_window *w, position *at) {
  if (--at->left > 0) {
    at->x += w->stride_x;
    return;
  }
  at->left = w->output_width;
  at->x = -(int32_t)w->left;
  at->y += w->stride_y;
}

static int is_inside(const te_rv32_window *w, const position *at) {
  return at->y >= 0 && at->x >= 0 && at->y + (w->height - 1) * w->dilation_y < w->input_height &&
         at->x + (w->width - 1) * w->dilation_x < w->input_width;
}

static inline uint32_t pair_of(int8_t first, int8_t second) {
  return (uint32_t)(int32_t)first + ((uint32_t)(int32_t)second << 16);
}

/* `count` bytes of two pixels, to every third word. */
static uint32_t *pack(uint32_t *to, const int8_t *first, const int8_t *second, uint32_t count) {
  for (; count >= 4; count -= 4, first += 4, second += 4, to += 4 * STEP) {
    to[0] = pair_of(first[0], second[0]);
    to[STEP] = pair_of(first[1], second[1]);
    to[2 * STEP] = pair_of(first[2], second[2]);
    to[3 * STEP] = pair_of(first[3], second[3]);
  }
  for (; count > 0; count--, to += STEP) *to = pair_of(*first++, *second++);
  return to;
}

/* A tap's channels, or those of padding. */
static const int8_t *tap(const te_rv32_window *w, const int8_t *input, const int8_t *padding,
                         int32_t y, int32_t x) {
  const int inside = y >= 0 && x >= 0 && y < w->input_height && x < w->input_width;
  return inside ? input + (y * w->input_width + x) * w->input_channels : padding;
}

static void pack_windows(const te_rv32_window *w, const int8_t *input, const int8_t *padding,
                         const position *a, const position *b, uint32_t *to) {
  const int straight = w->dilation_x == 1 && is_inside(w, a) && is_inside(w, b);
  const uint32_t count = straight ? (uint32_t)w->width * w->input_channels : w->input_channels;
  const int32_t taps = straight ? 1 : w->width;
  for (int32_t ky = 0; ky < w->height; ky++) {
    const int32_t down = ky * w->dilation_y;
    for (int32_t kx = 0; kx < taps; kx++) {
      const int32_t along = kx * w->dilation_x;
      const int8_t *const first = tap(w, input, padding, a->y + down, a->x + along);
      to = pack(to, first, tap(w, input, padding, b->y + down, b->x + along), count);
    }
  }
}

void te_rv32_conv_pairs(const te_rv32_conv_pairs_params *p, const void *input, void *output,
                        void *scratch) {
  const te_rv32_window *const w = &p->window;
  uint32_t *const columns = scratch;
  int8_t *const padding = (int8_t *)(columns + p->words);
  te_rv32_block block = {columns, columns + p->words, p->stream, output, w->output_channels, p->low,
                         p->high};
  const uint32_t pixels = (uint32_t)w->output_height * w->output_width;
  position at = {-(int32_t)w->top, -(int32_t)w->left, w->output_width};
  if (p->is_padded) memset(padding, p->zero_point, w->input_channels);
  for (uint32_t done = 0; done < pixels; done += PIXELS) {
    for (uint32_t i = 0; i < STEP; i++) {
      const position first = at;
      /* What lies behind the last pixel repeats it. */
      if (done + 2 * i + 1 < pixels) advance(w, &at);
      pack_windows(w, input, padding, &first, &at, columns + i);
      if (done + 2 * i + 2 < pixels) advance(w, &at);
    }
    p->kernel(&block);
    block.output += (uint32_t)PIXELS * w->output_channels;
  }
}
