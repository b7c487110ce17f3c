#include <stddef.h>
#include <string.h>

#include "mve.h"
#include "mve_limits.h"

/* Everything of a run that does not depend on where it reads and writes. */
static te_mve_run run_of(const te_mve_conv_params *params, uint32_t step, uint32_t row_bytes) {
  te_mve_run run = {
      .input_jump = (int32_t)(TE_MVE_BLOCK * step),
      .output_jump = TE_MVE_BLOCK * params->channels,
      .row_bytes = (int32_t)row_bytes,
      .zero = params->zero,
  };
  memcpy(run.offsets, params->offsets, sizeof run.offsets);
  te_mve_set_limits(run.limits, params->low, params->high);
  return run;
}

/* All channels of run->blocks blocks, windows at `pixel`: a last, odd one with the one before. */
static void run_channels(const te_mve_conv_params *params, te_mve_run *run, const int8_t *pixel,
                         int8_t *output) {
  run->pixel = pixel;
  run->output = output;
  run->stream = params->stream;
  run->pairs = params->channels / 2u;
  params->kernel(run);
  if (params->channels % 2 == 0) return;
  run->output = output + params->channels - 2;
  run->stream += run->pairs * params->pair_words;
  run->pairs = 1;
  params->kernel(run);
}

/* `pixels` windows in a row. The last block begins earlier where it would reach further, but for
 * fewer pixels than a block. */
static void run_row(const te_mve_conv_params *params, te_mve_run *run, const int8_t *pixel,
                    int8_t *output, uint32_t step, uint32_t pixels) {
  run->blocks = pixels / TE_MVE_BLOCK;
  if (run->blocks > 0) run_channels(params, run, pixel, output);
  if (pixels % TE_MVE_BLOCK == 0) return;
  const uint32_t last = pixels > TE_MVE_BLOCK ? pixels - TE_MVE_BLOCK : 0;
  run->blocks = 1;
  run_channels(params, run, pixel + last * step, output + last * params->channels);
}

/* The same, last block first. */
static void run_row_backwards(const te_mve_conv_params *params, te_mve_run *run,
                              const int8_t *pixel, int8_t *output, uint32_t pixels) {
  run->input_jump = -run->input_jump;
  run->output_jump = -run->output_jump;
  uint32_t last = pixels > TE_MVE_BLOCK ? pixels - TE_MVE_BLOCK : 0;
  if (pixels % TE_MVE_BLOCK != 0) {
    run->blocks = 1;
    run_channels(params, run, pixel + last * params->step, output + last * params->channels);
  }
  run->blocks = pixels / TE_MVE_BLOCK;
  if (run->blocks == 0) return;
  last = (run->blocks - 1) * TE_MVE_BLOCK;
  run_channels(params, run, pixel + last * params->step, output + last * params->channels);
}

void te_mve_conv_direct(const te_mve_conv_direct_params *params, const void *input, void *output) {
  te_mve_run run = run_of(params, params->step, params->row_bytes);
  const int8_t *from = input;
  int8_t *to = output;
  if (params->height == 1 && to > from) {
    run_row_backwards(params, &run, from, to, params->width);
    return;
  }
  for (uint32_t y = 0; y < params->height; y++) {
    run_row(params, &run, from, to, params->step, params->width);
    from += params->row_step;
    to += params->width * params->channels;
  }
}

/* Input row `y`, padded, or a row of padding, to `to`. */
static void load_row(const te_mve_conv_params *params, int8_t *to, const int8_t *input, int32_t y) {
  if (y < 0 || y >= params->input_height) {
    params->fill(to, params->input_zero, params->band_row);
    return;
  }
  const uint32_t room = params->band_row - params->left;
  const uint32_t bytes = params->input_row < room ? params->input_row : room;
  if (params->left > 0) params->fill(to, params->input_zero, params->left);
  params->copy(to + params->left, input + y * params->input_row, bytes);
  if (room > bytes) params->fill(to + params->left + bytes, params->input_zero, room - bytes);
}

/* Rows of outputs: `from` is the band, or the first of the gathered windows. */
static void run_rows(const te_mve_conv_params *params, te_mve_run *run, const int8_t *band,
                     int8_t *columns, int8_t *output, uint32_t rows) {
  for (uint32_t y = 0; y < rows; y++) {
    const int8_t *const windows = band + y * params->stride * params->band_row;
    if (params->gather == NULL) {
      run_row(params, run, windows, output + y * params->width * params->channels, params->step,
              params->width);
    } else {
      params->gather(columns + y * params->width * params->pitch, windows, params->row_bytes,
                     params->width);
    }
  }
  if (params->gather != NULL) {
    run_row(params, run, columns, output, params->pitch, rows * params->width);
  }
}

void te_mve_conv_band(const te_mve_conv_band_params *params, const void *input, void *output,
                      void *scratch) {
  int8_t *const band = scratch;
  int8_t *const columns = band + params->band_row * params->band_rows;
  const uint32_t advance = params->strip * params->stride;
  const uint32_t kept = params->band_rows > advance ? params->band_rows - advance : 0;
  const uint32_t step = params->gather == NULL ? params->step : params->pitch;
  te_mve_run run = run_of(params, step, params->row_bytes);
  int8_t *to = output;
  uint32_t from = 0; /* the first row of the band that is not filled */
  for (uint32_t y = 0; y < params->height; y += params->strip) {
    const int32_t first = (int32_t)(y * params->stride) - params->top;
    for (; from < params->band_rows; from++) {
      load_row(params, band + from * params->band_row, input, first + (int32_t)from);
    }
    const uint32_t left = params->height - y;
    const uint32_t rows = left < params->strip ? left : params->strip;
    run_rows(params, &run, band, columns, to, rows);
    to += rows * params->width * params->channels;
    params->copy(band, band + advance * params->band_row, kept * params->band_row);
    from = kept;
  }
}
