#include <string.h>

#include "rv32im.h"

enum { PIXELS = 6, STEP = PIXELS / 2 };

/* Of a layer: what does not change from block to block. */
typedef struct layer {
  const te_rv32_window *window;
  const int8_t *input, *padding;
  int32_t width, channels, pitch; /* of the input; a row's bytes */
  uint32_t rows, columns;         /* of the input, where windows that are all inside it begin */
  te_rv32_row_packer *pack_rows;
} layer;

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

static int is_inside(const layer *l, const position *at) {
  return (uint32_t)at->y < l->rows && (uint32_t)at->x < l->columns;
}

static inline uint32_t pair_of(int8_t first, int8_t second) {
  return (uint32_t)(int32_t)first + ((uint32_t)(int32_t)second << 16);
}

/* `count` bytes of two pixels, to every third word. */
static uint32_t *pack(uint32_t *to, const int8_t *first, const int8_t *second, uint32_t count) {
  const int8_t *const whole = first + count / 4 * 4, *const end = first + count;
  for (; first != whole; first += 4, second += 4, to += 4 * STEP) {
    to[0] = pair_of(first[0], second[0]);
    to[STEP] = pair_of(first[1], second[1]);
    to[2 * STEP] = pair_of(first[2], second[2]);
    to[3 * STEP] = pair_of(first[3], second[3]);
  }
  for (; first != end; to += STEP) *to = pair_of(*first++, *second++);
  return to;
}

static const int8_t *tap(const layer *l, int32_t y, int32_t x) {
  return l->input + y * l->pitch + x * l->channels;
}

/* A place on a row of the input: its column, which is outside on all of a row that is. */
typedef struct place {
  const int8_t *row;
  int32_t x;
} place;

static place place_of(const layer *l, const position *at, int32_t down) {
  const int32_t y = at->y + down;
  const int inside = y >= 0 && y < l->window->input_height;
  return (place){l->input + y * l->pitch, inside ? at->x : l->width};
}

/* How many columns from there on are as it is: inside, or outside. */
static uint32_t stretch(const layer *l, int32_t x) {
  return x < 0 ? (uint32_t)-x : x < l->width ? (uint32_t)(l->width - x) : UINT32_MAX;
}

static const int8_t *inputs_at(const layer *l, const place *at) {
  return at->x >= 0 && at->x < l->width ? at->row + at->x * l->channels : l->padding;
}

/* A row of two windows, as long as both are inside, or outside, together. */
static uint32_t *pack_row(const layer *l, place a, place b, uint32_t *to) {
  const te_rv32_window *const w = l->window;
  for (uint32_t left = w->width, taps; left > 0; left -= taps) {
    const uint32_t first = stretch(l, a.x), second = stretch(l, b.x);
    taps = first < second ? first : second;
    if (taps > left) taps = left;
    if (w->dilation_x > 1) taps = 1;
    to = pack(to, inputs_at(l, &a), inputs_at(l, &b), taps * w->input_channels);
    a.x += (int32_t)taps * w->dilation_x;
    b.x += (int32_t)taps * w->dilation_x;
  }
  return to;
}

static void pack_windows(const layer *l, const position *a, const position *b, uint32_t *to) {
  const te_rv32_window *const w = l->window;
  if (w->dilation_x > 1 || !is_inside(l, a) || !is_inside(l, b)) {
    for (int32_t ky = 0, down = 0; ky < w->height; ky++, down += w->dilation_y) {
      to = pack_row(l, place_of(l, a, down), place_of(l, b, down), to);
    }
    return;
  }
  const uint32_t step = (uint32_t)(w->dilation_y * l->pitch);
  const int8_t *first = tap(l, a->y, a->x), *second = tap(l, b->y, b->x);
  if (l->pack_rows) {
    l->pack_rows(first, second, to, w->height, step);
    return;
  }
  const uint32_t count = (uint32_t)w->width * w->input_channels;
  for (uint32_t rows = w->height; rows > 0; rows--, first += step, second += step) {
    to = pack(to, first, second, count);
  }
}

/* The pixels of a 1x1 layer stand one behind the other. */
static void convolve_pixels(const te_rv32_conv_pairs_params *p, const int8_t *from,
                            te_rv32_block *block, uint32_t *columns) {
  const uint32_t channels = p->window.input_channels;
  uint32_t left = (uint32_t)p->window.output_height * p->window.output_width;
  for (;;) {
    for (uint32_t i = 0; i < STEP; i++, from += 2 * channels) {
      if (p->pack_rows) {
        p->pack_rows(from, from + channels, columns + i, 1, 0);
      } else {
        pack(columns + i, from, from + channels, channels);
      }
    }
    p->kernel(block);
    if (left <= PIXELS) return;
    left -= PIXELS;
    block->output += PIXELS * block->channels;
  }
}

static void convolve_windows(const te_rv32_conv_pairs_params *p, const layer *l,
                             te_rv32_block *block, uint32_t *columns) {
  const te_rv32_window *const w = l->window;
  position at = {-(int32_t)w->top, -(int32_t)w->left, w->output_width};
  uint32_t left = (uint32_t)w->output_height * w->output_width;
  for (;;) {
    for (uint32_t i = 0; i < STEP; i++) {
      const position first = at;
      /* What lies behind the last pixel repeats it. */
      if (left > 2 * i + 1) advance(w, &at);
      pack_windows(l, &first, &at, columns + i);
      if (left > 2 * i + 2) advance(w, &at);
    }
    p->kernel(block);
    if (left <= PIXELS) return;
    left -= PIXELS;
    block->output += PIXELS * block->channels;
  }
}

void te_rv32_conv_pairs(const te_rv32_conv_pairs_params *p, const void *input, void *output,
                        void *scratch) {
  const te_rv32_window *const w = &p->window;
  uint32_t *const columns = scratch;
  int8_t *const padding = (int8_t *)(columns + p->words);
  te_rv32_block block = {
      .columns = columns,
      .end = columns + p->words,
      .stream = p->stream,
      .output = output,
      .channels = w->output_channels,
      .low = p->low,
      .high = p->high,
  };
  if (p->is_pointwise) {
    convolve_pixels(p, input, &block, columns);
    return;
  }
  const int32_t rows = w->input_height - (w->height - 1) * w->dilation_y;
  const int32_t places = w->input_width - (w->width - 1) * w->dilation_x;
  const layer l = {
      .window = w,
      .input = input,
      .padding = padding,
      .width = w->input_width,
      .channels = w->input_channels,
      .pitch = w->input_width * w->input_channels,
      .rows = rows > 0 ? (uint32_t)rows : 0,
      .columns = places > 0 ? (uint32_t)places : 0,
      .pack_rows = p->pack_rows,
  };
  if (p->is_padded) memset(padding, p->zero_point, (uint32_t)w->width * w->input_channels);
  convolve_windows(p, &l, &block, columns);
}
