#include "armv7em.h"

#include "rows.h"

/* What is in scratch, and what is done so far. */
typedef struct work {
  const te_v7em_winograd_params *params;
  uint32_t *weights, *columns;
  uint8_t *band;
  uint8_t *output;                     /* upper left of the strip of four rows */
  uint32_t weight_words, column_words; /* of a pair of channels, of a pair of tiles */
} work;

static uint32_t smaller(uint32_t a, uint32_t b) {
  return a < b ? a : b;
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

/* Outputs from `x` on: `channel_pairs` from `first` on times `tile_pairs`. */
static void multiply(const work *w, uint32_t x, uint32_t tile_pairs, const uint32_t *columns,
                     uint32_t first, uint32_t channel_pairs) {
  const te_v7em_winograd_params *const params = w->params;
  const uint32_t channels = params->channels;
  te_winograd_run run = {
      .weights = w->weights + (params->kept > 1 ? first * w->weight_words : 0),
      .requant = params->stream + first * params->stream_words + 2,
      .output = w->output + x * channels + smaller(2 * first, channels - 2),
      .channel_pairs = channel_pairs,
      .columns = columns,
      .tile_pairs = tile_pairs,
      .store = params->store,
      .row_bytes = params->output_width * channels,
      .channels = channels,
      .weight_bytes = w->weight_words * 4,
      .stream_bytes = params->stream_words * 4u,
      .limits = {TE_BYTES(255u - params->high), TE_BYTES(255u - params->high + params->low),
                 TE_BYTES(params->low)},
  };
  params->product(&run);
}

/* Pairs of channels from `first` on, all outputs from `x` on whose inputs are transformed. The last
 * pair of tiles goes back where the width is odd. */
static void multiply_tiles(const work *w, uint32_t x, uint32_t tile_pairs, uint32_t first,
                           uint32_t channel_pairs) {
  const uint32_t inside = smaller(tile_pairs, (w->params->output_width - x) / 2);
  if (inside > 0) multiply(w, x, inside, w->columns, first, channel_pairs);
  if (inside == tile_pairs) return;
  multiply(w, w->params->output_width - 2u, 1, w->columns + inside * w->column_words, first,
           channel_pairs);
}

/* `tile_pairs` outputs from `x` on, of all channels. */
static void compute(const work *w, uint32_t x, uint32_t tile_pairs) {
  const te_v7em_winograd_params *const params = w->params;
  const uint32_t last = params->output_width - 2u;
  for (uint32_t i = 0; i < tile_pairs; i++) {
    const uint8_t *const patch = w->band + smaller(x + 2 * i, last) * params->input_channels;
    params->input(patch, w->columns + i * w->column_words, params->band_row);
  }
  const uint32_t whole = params->channels / 2u, pairs = (params->channels + 1u) / 2u;
  if (params->kept > 1) {
    multiply_tiles(w, x, tile_pairs, 0, whole);
    if (pairs > whole) multiply_tiles(w, x, tile_pairs, whole, 1);
    return;
  }
  for (uint32_t pair = 0; pair < pairs; pair++) {
    transform_weights(w, pair, w->weights);
    multiply_tiles(w, x, tile_pairs, pair, 1);
  }
}

/* Rows `first` to 5 of the band, which begins with input row `y`. */
static void load_rows(const work *w, const uint8_t *input, int32_t y, uint32_t first) {
  const te_v7em_winograd_params *const params = w->params;
  for (uint32_t i = first; i < TE_WINOGRAD_PATCH; i++) {
    const int32_t row = y + (int32_t)i;
    const int inside = row >= 0 && row < params->input_height;
    te_load_row(w->band + i * params->band_row, params->band_row,
                inside ? input + row * params->row_bytes : NULL, params->row_bytes, params->left,
                params->zero);
  }
}

void te_v7em_winograd(const te_v7em_winograd_params *params, const void *input, void *output,
                      void *scratch) {
  const uint32_t channels = params->input_channels, row = params->band_row;
  work w = {
      .params = params,
      .weights = scratch,
      .weight_words = 4 * (4 * channels + 6),
      .column_words = 16 * channels,
  };
  w.columns = w.weights + params->kept * w.weight_words;
  w.band = (uint8_t *)(w.columns + params->tile_pairs * w.column_words);
  if (params->kept > 1) {
    for (uint32_t i = 0; i < params->kept; i++) {
      transform_weights(&w, i, w.weights + i * w.weight_words);
    }
  }
  const uint32_t columns = (params->output_width + 1u) / TE_WINOGRAD_COLUMNS;
  const uint32_t last = params->output_height - (uint32_t)TE_WINOGRAD_ROWS;
  uint32_t kept = 0; /* rows of the band that the next strip reads, too */
  for (uint32_t y = 0;;) {
    load_rows(&w, input, (int32_t)y - params->top, kept);
    w.output = (uint8_t *)output + y * params->output_width * params->channels;
    for (uint32_t i = 0; i < columns; i += params->tile_pairs) {
      compute(&w, 2 * i, smaller(params->tile_pairs, columns - i));
    }
    if (y == last) return;
    const uint32_t advance = smaller(TE_WINOGRAD_ROWS, last - y);
    kept = TE_WINOGRAD_PATCH - advance;
    te_copy_words(w.band, w.band + advance * row, kept * row);
    y += advance;
  }
}
