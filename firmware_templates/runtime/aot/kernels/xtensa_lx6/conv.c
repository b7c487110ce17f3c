#include <stdbool.h>
#include <string.h>

#include "lx6.h"
#include "xtensa_lx6.h"

/* Geometry of a run over windows `pitch` bytes a row apart, `stride` rows a row of outputs. */
static te_lx6_run run_of(const te_lx6_conv_params *p, uint32_t *weights, const uint32_t *columns,
                         uint32_t width, int32_t pitch, uint32_t segments) {
  const int32_t step = p->step, span = ((int32_t)segments - 1) * p->dilation * pitch;
  te_lx6_run run = {
      .columns = columns,
      .weights = weights,
      .width = width,
      .rows = 1,
      .segment_gap = p->dilation * pitch - p->segment,
      .pixel_gap = step - span - p->segment - p->spare,
      .row_skip = p->stride * pitch - (int32_t)width * step - 8,
  };
  return run;
}

/* All output channels of a run, the first pixel's at `output`. */
static void run_channels(const te_lx6_conv_params *p, te_lx6_run *run, int8_t *output) {
  run->stream = p->stream;
  run->channels = p->channels;
  run->output = output;
  p->kernel(run);
  te_lx6_limit(output, run->rows * run->width * p->channels, p->low, p->high);
}

/* Input row `y` into the band, unpacked and padded, or a row of padding. */
static void load_row(const te_lx6_conv_params *p, uint8_t *to, const int8_t *input, int32_t y) {
  const uint32_t end = p->left + 2u * p->row_bytes;
  if (y < 0 || y >= p->input_height) {
    te_lx6_fill(to, p->zero, p->band_row);
    return;
  }
  const int8_t *const from = input + y * p->row_bytes;
  if (p->unpack) {
    p->unpack(from, (uint32_t *)(void *)(to + p->left), (p->row_bytes + 7u) / 8);
  } else {
    p->widen(from, (uint16_t *)(void *)(to + p->left), p->row_bytes);
  }
  te_lx6_fill(to, p->zero, p->left);
  if (end < p->band_row) te_lx6_fill(to + end, p->zero, p->band_row - end);
}

/* Calls `compute` for each strip of output rows, with the band that it reads. */
static void each_strip(const te_lx6_conv_params *p, const int8_t *input, int8_t *output,
                       uint8_t *band,
                       void (*compute)(const te_lx6_conv_params *, uint8_t *, uint32_t, int8_t *)) {
  const int32_t stride = p->stride, window = p->window;
  int32_t next = -(int32_t)p->top, loaded = 0;
  for (int32_t y = 0; y < p->output_height; y += p->strip) {
    const int32_t left = p->output_height - y;
    const int32_t rows = left < p->strip ? left : p->strip;
    for (const int32_t wanted = (rows - 1) * stride + window; loaded < wanted; loaded++) {
      load_row(p, band + (uint32_t)loaded * p->band_row, input, next++);
    }
    compute(p, band, (uint32_t)rows, output);
    output += rows * p->output_width * p->channels;
    /* rows that the next strip reads, too; where windows lie apart, some are never read */
    const int32_t passed = rows * stride;
    const int32_t kept = loaded > passed ? loaded - passed : 0;
    if (kept > 0)
      memmove(band, band + (uint32_t)passed * p->band_row, (uint32_t)kept * p->band_row);
    next += kept + passed - loaded;
    loaded = kept;
  }
}

static void compute_band(const te_lx6_conv_params *p, uint8_t *band, uint32_t rows,
                         int8_t *output) {
  uint32_t *const weights = (uint32_t *)(void *)band - 2u * p->weight_words - TE_LX6_AHEAD;
  te_lx6_run run =
      run_of(p, weights, (const uint32_t *)(void *)band, p->output_width, p->band_row, p->segments);
  run.rows = rows;
  run_channels(p, &run, output);
}

void te_lx6_conv_band(const te_lx6_conv_band_params *p, const void *input, void *output,
                      void *scratch) {
  uint8_t *const band = (uint8_t *)scratch + 8u * p->weight_words + 4 * TE_LX6_AHEAD;
  each_strip(p, input, output, band, compute_band);
}

/* Windows stand before the band, weights before them. */
static void compute_gathered(const te_lx6_conv_params *p, uint8_t *band, uint32_t rows,
                             int8_t *output) {
  const uint32_t window_words = 2u * p->weight_words;
  uint32_t *const columns =
      (uint32_t *)(void *)band - TE_LX6_AHEAD - (uint32_t)p->strip * p->output_width * window_words;
  uint32_t *const weights = columns - window_words - TE_LX6_AHEAD;
  const te_lx6_gather_run gather = {p->output_width, p->step, (uint32_t)p->dilation * p->band_row};
  for (uint32_t y = 0; y < rows; y++) {
    uint32_t *const to = columns + y * p->output_width * window_words;
    p->gather((const uint16_t *)(void *)(band + y * p->stride * p->band_row),
              (uint16_t *)(void *)to, &gather);
  }
  te_lx6_run run = {
      .columns = columns, .weights = weights, .width = rows * p->output_width, .rows = 1};
  run_channels(p, &run, output);
}

void te_lx6_conv_gather(const te_lx6_conv_gather_params *p, const void *input, void *output,
                        void *scratch) {
  const uint32_t windows = 1u + (uint32_t)p->strip * p->output_width;
  uint8_t *const band = (uint8_t *)scratch + 8u * p->weight_words * windows + 8 * TE_LX6_AHEAD;
  each_strip(p, input, output, band, compute_gathered);
}

void te_lx6_conv_pointwise(const te_lx6_conv_pointwise_params *p, const void *input, void *output,
                           void *scratch) {
  const uint32_t bytes = 4u * p->weight_words,
                 pixels = (uint32_t)p->output_height * p->output_width;
  uint32_t *const weights = (uint32_t *)(void *)scratch;
  uint32_t *const columns = weights + 2u * p->weight_words + TE_LX6_AHEAD;
  const int8_t *const from = input;
  int8_t *const to = output;
  const bool backwards = output > input || (output == input && p->channels > bytes);
  for (uint32_t done = 0; done < pixels; done += p->strip) {
    const uint32_t left = pixels - done, count = left < p->strip ? left : p->strip;
    const uint32_t at = backwards ? left - count : done;
    p->unpack(from + at * bytes, columns, (count * bytes + 7) / 8);
    te_lx6_run run = {.columns = columns, .weights = weights, .width = count, .rows = 1};
    run_channels(p, &run, to + at * p->channels);
  }
}
