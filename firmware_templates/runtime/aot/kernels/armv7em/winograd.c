#include "armv7em.h"

#include "rows.h"

/* Geometry and what is in scratch. */
typedef struct work {
  const te_v7em_winograd_params *params;
  const uint8_t *input;
  uint8_t *output;
  uint32_t *weights, *columns;
  uint8_t *band;
  uint32_t weight_words, column_words; /* of a pair of channels, of a pair of tiles */
  uint32_t tiles;                      /* pairs of tiles side by side, in a strip of four rows */
} work;

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* Where strip `strip` begins in the output; the last one goes back where the height wants it. */
static uint32_t strip_row(const work *w, uint32_t strip) {
  return smaller(strip * TE_WINOGRAD_ROWS, w->params->output_height - (uint32_t)TE_WINOGRAD_ROWS);
}

/* Brings the band to strip `strip`; the band is at the strip before, or empty. */
static void load_strip(const work *w, uint32_t strip) {
  const te_v7em_winograd_params *const params = w->params;
  const uint32_t y = strip_row(w, strip), row_bytes = params->band_row;
  const uint32_t advance = strip > 0 ? y - strip_row(w, strip - 1) : TE_WINOGRAD_PATCH;
  const uint32_t kept = TE_WINOGRAD_PATCH - advance;
  te_copy_words(w->band, w->band + advance * row_bytes, kept * row_bytes);
  for (uint32_t i = kept; i < TE_WINOGRAD_PATCH; i++) {
    const int32_t row = (int32_t)(y + i) - params->top;
    const int inside = row >= 0 && row < params->input_height;
    te_load_row(w->band + i * row_bytes, row_bytes,
                inside ? w->input + row * params->row_bytes : NULL, params->row_bytes, params->left,
                params->zero);
  }
}

/* Transforms the inputs of pairs of tiles, counted strip by strip. */
static void transform_tiles(const work *w, uint32_t first, uint32_t end) {
  const te_v7em_winograd_params *const params = w->params;
  uint32_t *columns = w->columns;
  for (uint32_t i = first; i < end; i++, columns += w->column_words) {
    const uint32_t tile = i % w->tiles;
    if (tile == 0) load_strip(w, i / w->tiles);
    const uint32_t x = smaller(tile * TE_WINOGRAD_COLUMNS, params->output_width - 2u);
    params->input(w->band + x * params->input_channels, columns, params->band_row);
  }
}

/* Transforms the filters of pair `pair` of channels, and writes the words between them: the initial
 * values, which go to row 1 only, and what tells the halves of a row apart. */
static void transform_weights(const work *w, uint32_t pair, uint32_t *weights) {
  const te_v7em_winograd_params *const params = w->params;
  const uint32_t *const head = params->stream + pair * params->stream_words;
  const uint32_t *const first = head + params->head_words;
  const uint32_t *const end = head + params->stream_words;
  const uint32_t *const second = first + (end - first) / 2;
  const uint32_t row_words = w->weight_words / 4;
  params->weights(first, weights + 4, second);
  params->weights(second, weights + 5, end);
  for (uint32_t row = 0; row < 4; row++, weights += row_words) {
    weights[0] = weights[1] = row == 1 ? head[0] : 0;
    weights[2] = weights[3] = row == 1 ? head[1] : 0;
    weights[row_words / 2 + 1] = 0;
    weights[row_words - 1] = row < 3 ? 1 : 2;
  }
}

/* Outputs of `tile_pairs` side by side, whose transformed inputs are `columns`. */
static void multiply(const work *w, uint8_t *output, const uint32_t *columns, uint32_t tile_pairs,
                     uint32_t pair, uint32_t channel_pairs) {
  const te_v7em_winograd_params *const params = w->params;
  te_winograd_run run = {
      .weights = w->weights + (params->kept > 1 ? pair * w->weight_words : 0),
      .requant = params->stream + pair * params->stream_words + 2,
      .output = output + smaller(2 * pair, params->channels - 2u),
      .channel_pairs = channel_pairs,
      .columns = columns,
      .tile_pairs = tile_pairs,
      .store = params->store,
      .row_bytes = params->output_width * params->channels,
      .channels = params->channels,
      .weight_bytes = w->weight_words * 4,
      .stream_bytes = params->stream_words * 4u,
      .limits = {TE_BYTES(255u - params->high), TE_BYTES(255u - params->high + params->low),
                 TE_BYTES(params->low)},
  };
  params->product(&run);
}

/* Outputs of pairs of tiles `first` to `end` - 1, whose inputs are transformed; `channel_pairs`
 * from `pair` on. The last pair of tiles of a strip goes back where the width is odd. */
static void multiply_tiles(const work *w, uint32_t first, uint32_t end, uint32_t pair,
                           uint32_t channel_pairs) {
  const uint32_t width = w->params->output_width, channels = w->params->channels;
  const uint32_t *columns = w->columns;
  while (first < end) {
    const uint32_t tile = first % w->tiles;
    const uint32_t count = smaller(end - first, w->tiles - tile);
    const uint32_t inside = smaller(count, width / TE_WINOGRAD_COLUMNS - tile);
    uint8_t *const row = w->output + strip_row(w, first / w->tiles) * width * channels;
    uint8_t *const output = row + tile * TE_WINOGRAD_COLUMNS * channels;
    if (inside > 0) multiply(w, output, columns, inside, pair, channel_pairs);
    columns += inside * w->column_words;
    if (inside < count) {
      multiply(w, row + (width - 2) * channels, columns, 1, pair, channel_pairs);
      columns += w->column_words;
    }
    first += count;
  }
}

/* All output channels of pairs of tiles `first` to `end` - 1. */
static void compute(const work *w, uint32_t first, uint32_t end) {
  const uint32_t whole = w->params->channels / 2u, pairs = (w->params->channels + 1u) / 2u;
  transform_tiles(w, first, end);
  if (w->params->kept > 1) {
    multiply_tiles(w, first, end, 0, whole);
    if (pairs > whole) multiply_tiles(w, first, end, whole, 1);
    return;
  }
  for (uint32_t pair = 0; pair < pairs; pair++) {
    transform_weights(w, pair, w->weights);
    multiply_tiles(w, first, end, pair, 1);
  }
}

void te_v7em_winograd(const te_v7em_winograd_params *params, const void *input, void *output,
                      void *scratch) {
  const uint32_t strips = (params->output_height + 3u) / TE_WINOGRAD_ROWS;
  work w = {
      .params = params,
      .input = input,
      .output = output,
      .columns = scratch,
      .weight_words = 4 * (4u * params->input_channels + 6),
      .column_words = 16u * params->input_channels,
      .tiles = (params->output_width + 1u) / TE_WINOGRAD_COLUMNS,
  };
  const uint32_t count = strips * w.tiles;
  w.weights = w.columns + params->tile_pairs * w.column_words;
  w.band = (uint8_t *)w.weights; /* which are not needed before all inputs are transformed */
  if (params->tile_pairs < count || params->kept > 1) {
    w.band += 4 * params->kept * w.weight_words;
  }
  for (uint32_t pair = 0; params->kept > 1 && pair < params->kept; pair++) {
    transform_weights(&w, pair, w.weights + pair * w.weight_words);
  }
  for (uint32_t i = 0; i < count; i += params->tile_pairs) {
    compute(&w, i, smaller(i + params->tile_pairs, count));
  }
}
