/* Winograd's F(4x4, 3x3): drivers and the transforms of inputs and filters.
 *
 * The arithmetic is that of tinyedge/compile/kernels/winograd4.py. A patch of 6x6 inputs gives a
 * tile of 4x4 outputs; four tiles make a group. Transforms work on two channels at once, as lanes
 * of a word: low + high * 2^16, exact integers. Before a word is stored, 0x8000 is added, which
 * takes the borrow back from the upper lane, and the lower lane's top bit is flipped again.
 *
 * Scratch: for each group, and once for the filters of four output channels: for each four input
 * channels, for each of 36 positions, two words a tile or an input channel. Then the sums of a
 * group and four output channels, 36 each. Before there are sums, columns of inputs are there.
 * Channels that fill up the last four have filters of 0.
 */
#include <string.h>

#include "rv32im.h"
#include "stage.h"

enum {
  TILE = 4,
  PATCH = 6,
  GROUP = 4, /* tiles */
  POSITION = 8,
  QUAD = PATCH * PATCH * POSITION, /* words of four input channels */
  COLUMN = 2 * PATCH,              /* words of four channels of a column */
  SUMS = PATCH * PATCH,            /* words of a tile and an output channel */
  TAPS = 9,                        /* words of four filters */
  STAGE = 5,                       /* words of an output channel */
  COLUMNS = GROUP * TILE + 2,      /* of a group */
  CHANNELS = 4,
};

#define LANES 0x00FF00FFu
#define SIGNS 0x80808080u
#define MIDDLES 0x00800080u
#define BORROW 0x8000u

/* Geometry and what is in scratch. */
typedef struct work {
  const te_rv32_winograd_params *params;
  const uint8_t *input;
  int8_t *output;
  uint32_t *inputs, *filters, *sums;
  uint8_t *padding;     /* a row of it, as wide as a group */
  uint32_t quads;       /* of input channels, the last of which may be filled up */
  uint32_t block_words; /* of a group, and of the filters */
  uint32_t across;      /* tiles side by side */
} work;

typedef struct six {
  uint32_t a, b, c, d, e, f;
} six;

static inline uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Six inputs; `bias` is added to each result. */
static inline six transform_six(six x, uint32_t bias) {
  const uint32_t v = x.e - x.c + bias, w = (x.d - x.b) << 1;
  const uint32_t t = x.d - (x.b << 2), u = x.e - (x.c << 2) + bias;
  return (six){((x.a - x.c) << 2) + v, u + t, u - t, v + w, v - w, x.f + bias - x.d - (w << 1)};
}

/* Three taps of a filter; `bias` is added to each result. */
static inline six transform_three(uint32_t a, uint32_t b, uint32_t c, uint32_t bias) {
  const uint32_t s = a + c + bias, u = a + (c << 2) + bias, t = b << 1;
  return (six){a + bias, s + b, s - b, u + t, u - t, c + bias};
}

static inline void put(uint32_t *to, uint32_t step, six x) {
  to[0] = x.a ^ BORROW;
  to[step] = x.b ^ BORROW;
  to[2 * step] = x.c ^ BORROW;
  to[3 * step] = x.d ^ BORROW;
  to[4 * step] = x.e ^ BORROW;
  to[5 * step] = x.f ^ BORROW;
}

static inline void put_column(uint32_t *to, six x) {
  to[0] = x.a;
  to[2] = x.b;
  to[4] = x.c;
  to[6] = x.d;
  to[8] = x.e;
  to[10] = x.f;
}

/* Of four channels, `count` columns of six rows: channels 0 and 2, then 1 and 3. */
TE_RV32_IN_ORDER static void transform_columns(const uint32_t *const rows[PATCH], uint32_t step,
                                               uint32_t *to, uint32_t count) {
  const uint32_t *a = rows[0], *b = rows[1], *c = rows[2];
  const uint32_t *d = rows[3], *e = rows[4], *f = rows[5];
  for (const uint32_t *const end = to + count * COLUMN; to != end; to += COLUMN) {
    const six x = {*a ^ SIGNS, *b ^ SIGNS, *c ^ SIGNS, *d ^ SIGNS, *e ^ SIGNS, *f ^ SIGNS};
    a += step;
    b += step;
    c += step;
    d += step;
    e += step;
    f += step;
    put_column(to, transform_six((six){x.a & LANES, x.b & LANES, x.c & LANES, x.d & LANES,
                                       x.e & LANES, x.f & LANES},
                                 0));
    put_column(to + 1, transform_six((six){x.a >> 8 & LANES, x.b >> 8 & LANES, x.c >> 8 & LANES,
                                           x.d >> 8 & LANES, x.e >> 8 & LANES, x.f >> 8 & LANES},
                                     0));
  }
}

/* What transform_columns() makes of columns outside the input. */
static void pad_columns(uint32_t *to, uint32_t zero, uint32_t count) {
  const six x = transform_six((six){zero, zero, zero, zero, zero, zero}, 0);
  for (; count > 0; count--, to += COLUMN) {
    put_column(to, x);
    put_column(to + 1, x);
  }
}

/* Of a patch, six transformed columns of four channels. */
TE_RV32_IN_ORDER static void transform_rows(const uint32_t *x, uint32_t *to) {
  for (const uint32_t *const end = x + COLUMN; x != end; x += 2, to += PATCH * POSITION) {
    put(to, POSITION,
        transform_six(
            (six){x[0], x[COLUMN], x[2 * COLUMN], x[3 * COLUMN], x[4 * COLUMN], x[5 * COLUMN]},
            BORROW));
    put(to + GROUP, POSITION,
        transform_six((six){x[1], x[COLUMN + 1], x[2 * COLUMN + 1], x[3 * COLUMN + 1],
                            x[4 * COLUMN + 1], x[5 * COLUMN + 1]},
                      BORROW));
  }
}

static inline uint32_t lanes(const uint32_t *filters, uint32_t shift) {
  return (*filters >> shift & LANES) - MIDDLES;
}

/* Filters of four output channels for four input channels: channels 0 and 1, then 2 and 3. */
TE_RV32_IN_ORDER static void transform_filters(const uint32_t *w, uint32_t *to) {
  for (const uint32_t *const end = w + CHANNELS * TAPS; w != end; w += TAPS, to += 2) {
    uint32_t *column = to;
    for (uint32_t n = 0; n < 16; n += 8, column++) {
      const six x = transform_three(lanes(w, n), lanes(w + 1, n), lanes(w + 2, n), 0);
      const six y = transform_three(lanes(w + 3, n), lanes(w + 4, n), lanes(w + 5, n), 0);
      const six z = transform_three(lanes(w + 6, n), lanes(w + 7, n), lanes(w + 8, n), 0);
      put(column, PATCH * POSITION, transform_three(x.a, y.a, z.a, BORROW));
      put(column + POSITION, PATCH * POSITION, transform_three(x.b, y.b, z.b, BORROW));
      put(column + 2 * POSITION, PATCH * POSITION, transform_three(x.c, y.c, z.c, BORROW));
      put(column + 3 * POSITION, PATCH * POSITION, transform_three(x.d, y.d, z.d, BORROW));
      put(column + 4 * POSITION, PATCH * POSITION, transform_three(x.e, y.e, z.e, BORROW));
      put(column + 5 * POSITION, PATCH * POSITION, transform_three(x.f, y.f, z.f, BORROW));
    }
  }
}

/* Up to four `channels` of `count` columns as words: where the pixels themselves are none. */
static void pack_columns(const uint8_t *const rows[PATCH], uint32_t pixel, uint32_t channels,
                         uint32_t *to, uint32_t count) {
  for (uint32_t i = 0; i < PATCH; i++) {
    const uint8_t *from = rows[i];
    for (uint32_t x = 0; x < count; x++, from += pixel) {
      uint32_t word = 0;
      for (uint32_t c = channels; c > 0; c--) word = word << 8 | from[c - 1];
      *to++ = word;
    }
  }
}

/* Transforms the `quad`th four channels of `count` columns. */
static void transform_quad(const work *w, const uint8_t *const rows[PATCH], uint32_t quad,
                           uint32_t *to, uint32_t count) {
  const uint32_t pixel = w->params->input_channels, first = quad * CHANNELS;
  const uint8_t *bytes[PATCH];
  const uint32_t *words[PATCH];
  for (uint32_t i = 0; i < PATCH; i++) bytes[i] = rows[i] + first;
  if (pixel % CHANNELS == 0) {
    for (uint32_t i = 0; i < PATCH; i++) words[i] = (const void *)bytes[i];
    transform_columns(words, pixel / CHANNELS, to, count);
    return;
  }
  uint32_t *const packed = w->sums + COLUMNS * COLUMN;
  pack_columns(bytes, pixel, smaller(CHANNELS, pixel - first), packed, count);
  for (uint32_t i = 0; i < PATCH; i++) words[i] = packed + i * count;
  transform_columns(words, 1, to, count);
}

/* Inputs of `count` tiles side by side, from the one at (y, x) on, to where the first belongs. */
static void transform_tiles(const work *w, int32_t y, int32_t x, uint32_t count, uint32_t *to) {
  const te_rv32_winograd_params *const p = w->params;
  const int32_t width = p->input_width, columns = (int32_t)count * TILE + 2;
  const int32_t left = x < 0 ? -x : 0, end = width - x < columns ? width - x : columns;
  const uint32_t zero = (uint32_t)(p->zero_point + 128) * 0x00010001u;
  const uint8_t *rows[PATCH];
  for (int32_t i = 0; i < PATCH; i++) {
    const int inside = y + i >= 0 && y + i < p->input_height;
    rows[i] = inside ? w->input + ((y + i) * width + x + left) * p->input_channels : w->padding;
  }
  pad_columns(w->sums, zero, (uint32_t)left);
  pad_columns(w->sums + end * COLUMN, zero, (uint32_t)(columns - end));
  for (uint32_t quad = 0; quad < w->quads; quad++, to += QUAD) {
    transform_quad(w, rows, quad, w->sums + left * COLUMN, (uint32_t)(end - left));
    for (uint32_t i = 0; i < count; i++) {
      transform_rows(w->sums + i * TILE * COLUMN, to + i);
    }
  }
}

/* Inputs of tiles `first` to `end` - 1, of one group. */
static void transform_group(const work *w, uint32_t first, uint32_t end, uint32_t *to) {
  while (first < end) {
    const uint32_t row = first / w->across, column = first % w->across;
    const uint32_t count = smaller(end - first, w->across - column);
    transform_tiles(w, (int32_t)(row * TILE) - w->params->top,
                    (int32_t)(column * TILE) - w->params->left, count, to);
    to += count;
    first += count;
  }
}

/* Outputs of tile `index`, whose sums are there, for `channels` channels from `channel` on. */
static void store_tile(const work *w, uint32_t index, const uint32_t *sums, uint32_t channel,
                       uint32_t channels) {
  const te_rv32_winograd_params *const p = w->params;
  const uint32_t y = index / w->across * TILE, x = index % w->across * TILE;
  const uint32_t height = smaller(TILE, p->output_height - y);
  const uint32_t width = smaller(TILE, p->output_width - x);
  const uint32_t pixel = p->channels, row = p->output_width * pixel;
  int8_t *to = w->output + y * row + x * pixel + channel;
  const uint32_t *const stages = p->stages + channel * STAGE;
  te_rv32_winograd_tile tile = {channels, pixel, row - (TILE - 1) * pixel, p->low, p->high};
  if (height == TILE && width == TILE) {
    p->store(sums, stages, to, &tile);
    return;
  }
  int8_t whole[TILE][TILE][CHANNELS];
  tile.pixel = tile.row_gap = CHANNELS;
  p->store(sums, stages, whole[0][0], &tile);
  for (uint32_t i = 0; i < height; i++, to += row) {
    for (uint32_t j = 0; j < width; j++) memcpy(to + j * pixel, whole[i][j], channels);
  }
}

/* All output channels of tiles `first` to `end` - 1, whose inputs are transformed. */
static void multiply_tiles(const work *w, uint32_t first, uint32_t end) {
  const te_rv32_winograd_params *const p = w->params;
  const uint32_t *weights = p->weights;
  for (uint32_t channel = 0; channel < p->channels; channel += CHANNELS) {
    for (uint32_t i = 0; i < w->quads; i++, weights += CHANNELS * TAPS) {
      transform_filters(weights, w->filters + i * QUAD);
    }
    const uint32_t channels = smaller(CHANNELS, p->channels - channel);
    const uint32_t *inputs = w->inputs;
    for (uint32_t tile = first; tile < end; inputs += w->block_words) {
      p->multiply(inputs, w->filters, w->sums, w->quads);
      const uint32_t *sums = w->sums;
      for (const uint32_t stop = smaller(tile + GROUP, end); tile < stop; tile++) {
        store_tile(w, tile, sums, channel, channels);
        sums += CHANNELS * SUMS;
      }
    }
  }
}

void te_rv32_winograd(const te_rv32_winograd_params *params, const void *input, void *output,
                      void *scratch) {
  work w = {.params = params, .input = input, .output = output, .inputs = scratch};
  w.quads = (params->input_channels + CHANNELS - 1u) / CHANNELS;
  w.block_words = w.quads * QUAD;
  w.across = (params->output_width + TILE - 1u) / TILE;
  w.filters = w.inputs + params->groups * w.block_words;
  w.sums = w.filters + w.block_words;
  w.padding = (uint8_t *)(w.sums + GROUP * CHANNELS * SUMS);
  memset(w.padding, params->zero_point, COLUMNS * params->input_channels);
  const uint32_t tiles = (params->output_height + TILE - 1u) / TILE * w.across;
  for (uint32_t first = 0; first < tiles;) {
    const uint32_t end = smaller(first + params->groups * GROUP, tiles);
    uint32_t *to = w.inputs;
    for (uint32_t i = first; i < end; i += GROUP, to += w.block_words) {
      transform_group(&w, i, smaller(i + GROUP, end), to);
    }
    multiply_tiles(&w, first, end);
    first = end;
  }
}
