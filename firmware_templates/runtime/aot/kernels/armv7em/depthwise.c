#include "armv7em.h"

#include "rows.h"

/* Rows first .. first + count - 1 of the planes get input rows from `y` on, or padding. */
static void load_rows(const te_v7em_depthwise_params *params, const te_planes *planes,
                      uint8_t *plane, const uint8_t *input, int32_t y, uint32_t first,
                      uint32_t count) {
  const uint32_t pitch = params->pitch;
  while (count > 0) {
    uint8_t *const row = plane + first * pitch;
    uint32_t n = 1;
    if ((uint32_t)y < params->input_height) { /* nor negative */
      const uint32_t left = (uint32_t)(params->input_height - y);
      n = count < left ? count : left;
      params->transpose(input + (uint32_t)y * planes->row_bytes,
                        (uint32_t *)(row + params->left / 2u * 4u), n, planes);
    } else if (params->chunk < params->output_height) { /* else it has never been overwritten */
      for (uint8_t *p = row; p < row + 4 * planes->bytes; p += planes->bytes) {
        te_fill_lanes(p, planes->zero, pitch);
      }
    }
    y += (int32_t)n;
    first += n;
    count -= n;
  }
}

/* Four channels of one chunk of rows. */
static void compute(const te_v7em_depthwise_params *params, const te_planes *planes,
                    const uint8_t *plane, uint8_t *output, const uint32_t *channel, uint32_t rows) {
  uint32_t step = params->channels, row_bytes = step * params->output_width;
  if (params->swapped) {
    row_bytes = step;
    step *= params->output_height;
  }
  const uint32_t over = TE_BYTES(255u - params->high), low = TE_BYTES(params->low);
  te_depthwise_run run = {
      .channels = step,
      .skip = params->skip,
      .rows = rows,
      .row_bytes = params->turn_outputs * step,
      .limits = {over, over + low, low},
      .width = params->output_width,
      .pitch = params->pitch,
      .output_bytes = row_bytes,
      .output_gap = (int32_t)(row_bytes - params->output_width * step),
  };
  for (uint32_t i = 0; i < 4; i++) {
    params->kernels[channel[0] >> params->select]((const uint32_t *)plane, output + i, channel,
                                                  &run);
    plane += planes->bytes;
    channel += params->channel_words;
  }
}

void te_v7em_depthwise(const te_v7em_depthwise_params *params, const void *input, void *output,
                       void *scratch) {
  const uint8_t *const from = input;
  uint8_t *const to = output;
  const uint32_t pitch = params->pitch, stride = params->stride, chunk = params->chunk;
  const uint32_t window = params->window, rows = (chunk - 1) * stride + window;
  const uint32_t odd_left = params->left % 2u;
  const uint32_t data = params->input_width - odd_left;
  const uint32_t channels = params->channels / params->multiplier;
  uint32_t step = channels, row_bytes = channels * params->input_width;
  if (params->swapped) {
    row_bytes = channels;
    step *= params->input_height;
  }
  te_planes planes = {
      .channels = step,
      .multiplier = params->multiplier,
      .bytes = rows * pitch,
      .zero = TE_BYTES(params->zero),
      .pairs = data / 2,
      .left = odd_left,
      .odd = data % 2,
      .gap = pitch - (odd_left + data / 2 + data % 2) * 4,
      .input_gap = (int32_t)(row_bytes - params->input_width * step),
      .row_bytes = row_bytes,
  };
  uint8_t *const plane = scratch;
  te_fill_lanes(plane, planes.zero, 4 * planes.bytes);
  for (uint32_t group = 0; group < params->channels; group += 4) {
    const uint32_t c = group + 4 <= params->channels ? group : params->channels - 4u;
    const uint32_t *const channel = params->stream + c * params->channel_words;
    const uint8_t *const first_channel = from + c / planes.multiplier;
    planes.phase = c % planes.multiplier;
    int32_t y = -(int32_t)params->top;
    uint32_t kept = 0; /* rows at the planes' start that the chunk before has loaded */
    for (uint32_t first = 0; first < params->output_height; first += chunk) {
      const uint32_t left = params->output_height - first, n = left < chunk ? left : chunk;
      const uint32_t count = (n - 1) * stride + window - kept;
      load_rows(params, &planes, plane, first_channel, y, kept, count);
      y += (int32_t)count;
      compute(params, &planes, plane, to + first * params->output_width * params->channels + c,
              channel, n);
      if (n == left) break;
      kept = window - stride;
      for (uint32_t i = 0; i < 4; i++) {
        uint8_t *const start = plane + i * planes.bytes;
        te_copy_words(start, start + chunk * stride * pitch, kept * pitch);
      }
    }
  }
}
