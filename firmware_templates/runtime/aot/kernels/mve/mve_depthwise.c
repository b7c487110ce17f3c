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
  te_mve_set_limits(run.limits, params->low, params->high);
  return run;
}

void te_mve_depthwise_3x3(const te_mve_depthwise_3x3_params *params, const void *input,
                          void *output, void *scratch) {
  te_mve_depthwise_run run = run_of(params, input, output, scratch);
  const uint32_t stride = params->stride, row = params->width * params->channels;
  const uint32_t columns = stride == 1 ? 4 : 5; /* of a patch; the last bytes have weights of 0 */
  const uint32_t rows = params->height < 4u ? 4u : params->height;
  run.tile_rows = (rows + 3) / 4;
  run.last = 2 * (run.tiles - 1) * params->channels;
  run.step = 2u * params->channels;
  run.advance[0] = (int32_t)(4 * stride * params->pitch);
  run.advance[1] = (int32_t)(4 * row);
  /* where the rows are no multiple of 4, the first tiles and the second overlap */
  const uint32_t first = rows - 4 * (run.tile_rows - 1);
  run.first[0] = (int32_t)(first * stride * params->pitch);
  run.first[1] = (int32_t)(first * row);
  for (uint32_t i = 0; i < 16; i++) {
    const uint32_t tap = i < columns * (stride == 1 ? 4 : 3) ? i : 0;
    run.taps[0][i] = (uint8_t)(tap / columns * params->pitch + tap % columns);
    run.taps[1][i] = (uint8_t)(run.taps[0][i] + 2u * params->pitch);
  }
  for (uint32_t i = 0; i < 8; i++) {
    const uint32_t y = i / 4 + i % 2 * 2, x = i / 2 % 2;
    run.outputs[i] = (uint16_t)(y * row + x * params->channels);
  }
  params->fill(scratch, params->input_zero, params->plane);
  params->kernel(&run);
}

void te_mve_depthwise_line(const te_mve_depthwise_line_params *params, const void *input,
                           void *output, void *scratch) {
  te_mve_depthwise_run run = run_of(params, input, output, scratch);
  run.step = 8u * params->channels;
  for (uint32_t i = 0; i < 8; i++) run.outputs[i] = (uint16_t)(i * params->channels);
  params->fill(scratch, params->input_zero, params->plane);
  params->kernel(&run);
}
