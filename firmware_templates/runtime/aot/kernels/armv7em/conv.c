#include "armv7em.h"

#include "rows.h"

/* Everything of a run that does not depend on where it reads and writes. */
static te_conv_run run_of(const te_v7em_conv_params *params, uint32_t *columns, int32_t row_bytes) {
  const int32_t window_row = params->words * 4;
  te_conv_run run = {
      .left = params->output_width,
      .step = params->step,
      .width = params->output_width,
      .row_skip = params->stride * row_bytes - params->output_width * params->step,
      .output_jump = params->block * params->channels,
      .unpack = params->unpack,
      .words = params->words,
      .rows = params->rows,
      .row_gap = params->dilation * row_bytes - window_row,
      .stream = params->stream,
      .columns = columns,
      .units = params->units,
      .channels = params->channels,
      .limits = {TE_BYTES(255u - params->high), TE_BYTES(255u - params->high + params->low),
                 TE_BYTES(params->low)},
      .scale = params->scale,
  };
  return run;
}

static uint32_t blocks_of(uint32_t pixels, uint32_t block) {
  return (pixels + block - 1) / block;
}

void te_v7em_conv_direct(const te_v7em_conv_direct_params *params, const void *input, void *output,
                         void *scratch) {
  te_conv_run run = run_of(params, scratch, params->row_bytes);
  const uint32_t pixels = (uint32_t)params->output_height * params->output_width;
  run.pixel = input;
  run.output = output;
  run.blocks = blocks_of(pixels, params->block);
  /* 1x1 and stride 1: what lies above its input, or grows in place, is computed last block first,
   * so that no pixel reaches those still to be read. */
  const int one_row = run.row_skip == 0 && params->rows == 1;
  if (one_row && (output > input || (output == input && params->channels > params->step))) {
    const uint32_t last = (run.blocks - 1) * params->block;
    run.pixel += last * params->step;
    run.output += last * params->channels;
    run.input_jump = -2 * params->block * params->step;
    run.output_jump = -run.output_jump;
    run.left = UINT32_MAX;
  }
  params->kernel(&run);
}

/* Input row `y`, padded, or a row of padding. */
static void load_row(const te_v7em_conv_params *params, uint8_t *band_row, const uint8_t *input,
                     int32_t y) {
  const int inside = y >= 0 && y < params->input_height;
  te_load_row(band_row, params->band_row, inside ? input + y * params->row_bytes : NULL,
              params->row_bytes, params->left, params->zero);
}

void te_v7em_conv_band(const te_v7em_conv_band_params *params, const void *input, void *output,
                       void *scratch) {
  const uint32_t row = params->band_row;
  const int32_t rows = params->band_rows, stride = params->stride;
  const int32_t kept = rows > stride ? rows - stride : 0; /* rows that the next row reads, too */
  te_conv_run run = run_of(params, scratch, (int32_t)row);
  uint8_t *const band = (uint8_t *)(run.columns + params->units * params->block * 2u);
  uint32_t done = 0; /* pixels of this row that the block before has computed */
  int32_t next = -(int32_t)params->top;
  run.output = output;
  for (int32_t i = 0; i < rows; i++) load_row(params, band + (uint32_t)i * row, input, next++);
  for (uint32_t y = 0; y < params->output_height; y++) {
    run.pixel = band + done * params->step;
    run.left = params->output_width - done;
    run.blocks = blocks_of(run.left, params->block);
    done += run.blocks * params->block - params->output_width;
    if (run.blocks > 0) params->kernel(&run);
    if (kept > 0) te_copy_words(band, band + params->stride * row, (uint32_t)kept * row);
    next += kept + stride - rows; /* rows that no window reads */
    for (int32_t i = kept; i < rows; i++) {
      load_row(params, band + (uint32_t)i * row, input, next++);
    }
  }
}
