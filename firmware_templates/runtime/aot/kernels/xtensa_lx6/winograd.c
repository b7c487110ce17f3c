#include <string.h>

#include "lx6.h"
#include "xtensa_lx6.h"

/* Geometry and what is in scratch: transformed inputs of tiles, a channel's transformed filter, and
 * a band of padded rows. */
typedef struct work {
  const te_lx6_winograd_params *params;
  const int8_t *input;
  int8_t *output;
  uint32_t *columns, *weights;
  uint8_t *band;
  uint32_t words; /* of a transformed tile or filter */
  uint32_t tiles; /* side by side, in a strip of four rows */
} work;

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Where strip `strip` begins in the output; the last one goes back where the height wants it. */
static uint32_t strip_row(const work *w, uint32_t strip) {
  return smaller(strip * TE_LX6_TILE, w->params->output_height - (uint32_t)TE_LX6_TILE);
}

static void fill_words(uint8_t *to, uint8_t value, uint32_t bytes) {
  uint32_t *const words = (uint32_t *)(void *)to;
  for (uint32_t i = 0; i < bytes / 4; i++) words[i] = 0x01010101u * value;
}

/* Input row `y` into the band, padded, or a row of padding. */
static void load_row(const te_lx6_winograd_params *p, uint8_t *to, const int8_t *input, int32_t y) {
  const uint32_t bytes = smaller(p->row_bytes, p->band_row - p->left);
  if (y < 0 || y >= p->input_height) {
    fill_words(to, p->zero, p->band_row);
    return;
  }
  p->offset(input + y * p->row_bytes, to + p->left, bytes / 4);
  fill_words(to, p->zero, p->left);
  fill_words(to + p->left + bytes, p->zero, p->band_row - p->left - bytes);
}

/* Brings the band to strip `strip`; the band is at the strip before, or empty. */
static void load_strip(const work *w, uint32_t strip) {
  const uint32_t y = strip_row(w, strip), row_bytes = w->params->band_row;
  const uint32_t advance = strip > 0 ? y - strip_row(w, strip - 1) : TE_LX6_PATCH;
  const uint32_t kept = TE_LX6_PATCH - advance;
  memmove(w->band, w->band + advance * row_bytes, kept * row_bytes);
  for (uint32_t i = kept; i < TE_LX6_PATCH; i++) {
    load_row(w->params, w->band + i * row_bytes, w->input, (int32_t)(y + i) - w->params->top);
  }
}

/* Transforms the inputs of tiles `first` to `end` - 1, counted strip by strip. */
static void transform_tiles(const work *w, uint32_t first, uint32_t end) {
  const te_lx6_winograd_params *const p = w->params;
  uint32_t *columns = w->columns;
  for (uint32_t i = first; i < end; i++, columns += w->words) {
    const uint32_t tile = i % w->tiles;
    if (tile == 0) load_strip(w, i / w->tiles);
    const uint32_t x = smaller(tile * TE_LX6_TILE, p->output_width - (uint32_t)TE_LX6_TILE);
    p->input(w->band + x * p->input_channels, columns, p->band_row);
  }
}

/* Outputs of tiles `first` to `end` - 1 in the channel of `run`, whose outputs begin at `output`.
 * The last tile of a strip goes back where the width is not a multiple of 4. */
static void multiply_tiles(const work *w, te_lx6_winograd_run *run, int8_t *output, uint32_t first,
                           uint32_t end) {
  const te_lx6_winograd_params *const p = w->params;
  const uint32_t width = p->output_width, whole = width / TE_LX6_TILE;
  run->columns = w->columns;
  for (uint32_t i = first; i < end; i += run->tiles, run->columns += run->tiles * w->words) {
    const uint32_t tile = i % w->tiles;
    const uint32_t x = tile < whole ? tile * TE_LX6_TILE : width - TE_LX6_TILE;
    run->tiles = tile < whole ? smaller(end - i, whole - tile) : 1;
    run->output = output + (strip_row(w, i / w->tiles) * width + x) * p->channels;
    p->product(run);
  }
}

/* All output channels of tiles `first` to `end` - 1. */
static void compute(const work *w, uint32_t first, uint32_t end) {
  const te_lx6_winograd_params *const p = w->params;
  const uint32_t *stream = p->stream;
  te_lx6_winograd_run run = {.weights = w->weights, .row_skip = p->row_skip};
  transform_tiles(w, first, end);
  for (uint32_t c = 0; c < p->channels; c++, stream += p->stream_words) {
    run.initial = stream[0];
    run.multiplier = stream[1];
    run.constant = stream[2];
    run.shift = stream[3];
    run.below = stream[4];
    p->weights(stream + p->head_words, w->weights);
    multiply_tiles(w, &run, w->output + c, first, end);
  }
}

void te_lx6_winograd(const te_lx6_winograd_params *params, const void *input, void *output,
                     void *scratch) {
  work w = {
      .params = params,
      .input = input,
      .output = output,
      .columns = scratch,
      .words = 18u * params->input_channels,
      .tiles = (params->output_width + TE_LX6_TILE - 1u) / TE_LX6_TILE,
  };
  const uint32_t strips = (params->output_height + TE_LX6_TILE - 1u) / TE_LX6_TILE;
  const uint32_t count = strips * w.tiles;
  w.weights = w.columns + params->tiles * w.words;
  w.band = (uint8_t *)w.weights; /* which is not needed before all inputs are transformed */
  if (params->tiles < count) w.band += 4 * (w.words + 1);
  for (uint32_t i = 0; i < count; i += params->tiles) {
    compute(&w, i, smaller(i + params->tiles, count));
  }
  te_lx6_limit(output, (uint32_t)params->output_height * params->output_width * params->channels,
               params->low, params->high);
}
