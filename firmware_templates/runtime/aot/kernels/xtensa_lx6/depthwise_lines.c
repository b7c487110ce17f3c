#include "lx6.h"
#include "xtensa_lx6.h"

/* Four channels of all rows, padded, to their planes. */
static void fill_planes(const te_lx6_depthwise_lines_params *p, const int8_t *input,
                        uint16_t *planes, uint32_t rows, uint32_t plane) {
  te_lx6_fill((uint8_t *)planes, p->zero, 8 * plane);
  for (int32_t row = 0; row < (int32_t)rows; row++) {
    const int32_t y = row - p->top;
    if (y < 0 || y >= p->input_height) continue;
    p->write_planes(input + (uint32_t)y * p->input_width * p->channels,
                    planes + (uint32_t)row * p->pitch + p->left, 2 * plane, p->input_width,
                    p->channels);
  }
}

/* The outputs of one channel: in a phase, a window begins where a word does. */
static void one_channel(const te_lx6_depthwise_lines_params *p, te_lx6_run *run,
                        const uint32_t *stream, uint32_t *weights, int8_t *output) {
  const uint32_t phases = p->phases;
  const int32_t step = 2 * (int32_t)(phases * p->stride_x), pitch = 2 * p->pitch;
  run->initial = stream[0];
  run->multiplier = stream[1];
  run->constant = stream[2];
  run->shift = stream[3];
  run->below = stream[4];
  stream += p->head_words;
  for (uint32_t phase = 0; phase < phases && phase < p->output_width; phase++) {
    p->unpack_weights(stream, weights, p->weight_words);
    stream += p->weight_words;
    run->width = (p->output_width - phase + phases - 1) / phases;
    run->row_skip = p->stride_y * pitch - (int32_t)run->width * step - 8;
    for (uint32_t y = 0; y < p->output_height; y++) {
      /* rows of outputs of a phase do not follow each other */
      te_lx6_run row = *run;
      row.columns += y * p->stride_y * p->pitch / 2u;
      row.output = output + (y * p->output_width + phase) * p->channels;
      p->kernel(&row);
    }
  }
}

void te_lx6_depthwise_lines(const te_lx6_depthwise_lines_params *p, const void *input, void *output,
                            void *scratch) {
  uint32_t *const weights = scratch;
  uint16_t *const planes = (uint16_t *)(void *)(weights + 2u * p->weight_words + TE_LX6_AHEAD);
  const uint32_t rows = (p->output_height - 1u) * p->stride_y + p->segments;
  const uint32_t plane = rows * p->pitch;
  const int32_t pitch = 2 * p->pitch, segment = 2 * p->segment;
  const int8_t *const from = input;
  int8_t *const to = output;
  for (uint32_t c = 0; c < p->channels; c += 4) {
    const uint32_t words = p->head_words + (uint32_t)p->phases * p->weight_words;
    fill_planes(p, from + c, planes, rows, plane);
    for (uint32_t k = c; k < c + 4; k++) {
      te_lx6_run run = {
          .columns = (const uint32_t *)(void *)(planes + (k - c) * plane),
          .weights = weights,
          .rows = 1,
          .channels = (uint32_t)p->phases * p->channels,
          .segment_gap = pitch - segment,
          .pixel_gap = 2 * p->phases * p->stride_x - (p->segments - 1) * pitch - segment,
      };
      one_channel(p, &run, p->stream + k * words, weights, to + k);
    }
  }
  te_lx6_limit(to, (uint32_t)p->output_height * p->output_width * p->channels, p->low, p->high);
}
