#include <string.h>

#include "mve.h"
#include "mve_limits.h"

/* Everything that 3x3 windows and lines have in common. */
static te_mve_depthwise_run run_of(const te_mve_depthwise_params *params, const int8_t *input,
                                   int8_t *output, int8_t *plane) {
  te_mve_depthwise_run run = {
      .input = input,
      .output = output,
      .weights = params->weights,
      .factors = params->factors,
      .channels = params->channels,
      .plane = plane + params->top * params->pitch + params->left,
      .patch = plane + params->patch,
      .eight = 8u * params->channels,
      .row_skip = params->row_skip,
      .rows = params->input_height,
      .tiles = params->tiles,
      .zero = params->zero,
  };
  for (uint32_t i = 0; i < 8; i++) run.pixels[i] = (uint16_t)(i * params->channels);
  memcpy(run.outputs, params->outputs, sizeof run.outputs);
  te_mve_set_limits(run.limits, params->low, params->high);
  return run;
}

void te_mve_depthwise_3x3(const te_mve_depthwise_3x3_params *params, const void *input,
                          void *output, void *scratch) {
  te_mve_depthwise_run run = run_of(params, input, output, scratch);
  const uint32_t stride = params->stride, row = params->width * params->channels;
  const uint32_t high = params->tile_height, wide = 8 / high;
  const uint32_t rows = params->height < high ? high : params->height;
  const int32_t back = (int32_t)(wide * run.tiles); /* outputs that the tiles of a row go back */
  run.tile_rows = (rows + high - 1) / high;
  run.last = wide * (run.tiles - 1) * params->channels;
  run.step = wide * params->channels;
  /* where the rows are no multiple of a tile's, the first tiles and the second overlap */
  const uint32_t first = rows - high * (run.tile_rows - 1);
  run.first[0] = (int32_t)(first * stride * params->pitch) + back * (int32_t)stride;
  run.first[1] = (int32_t)(first * row) + back * params->channels;
  run.advance[0] = (int32_t)(high * stride * params->pitch) + back * (int32_t)stride;
  run.advance[1] = (int32_t)(high * row) + back * params->channels;
  memcpy(run.taps, params->taps, sizeof run.taps);
  run.after = params->after;
  params->fill(scratch, params->input_zero, params->plane);
  params->kernel(&run);
}

void te_mve_depthwise_line(const te_mve_depthwise_line_params *params, const void *input,
                           void *output, void *scratch) {
  te_mve_depthwise_run run = run_of(params, input, output, scratch);
  run.step = 8u * params->channels;
  params->fill(scratch, params->input_zero, params->plane);
  params->kernel(&run);
}
