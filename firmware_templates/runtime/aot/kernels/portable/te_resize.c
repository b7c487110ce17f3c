#include <string.h>

#include "te_fixedpoint.h"
#include "te_kernels.h"

#define FRACTION_BITS 10
#define UNIT (1 << FRACTION_BITS)

void te_resize_nearest(const te_resize_nearest_params *params, const int8_t *input,
                       int8_t *output) {
  const te_resize_nearest_params *p = params;
  const int32_t row_bytes = p->input_width * p->channels;
  for (int32_t batch = 0; batch < p->batches; ++batch) {
    for (int32_t y = 0; y < p->output_height; ++y) {
      const int8_t *row = input + p->rows[y] * row_bytes;
      for (int32_t x = 0; x < p->output_width; ++x, output += p->channels) {
        memcpy(output, row + p->columns[x] * p->channels, (size_t)p->channels);
      }
    }
    input += p->input_height * row_bytes;
  }
}

/* Between which two pixels an output pixel lies along one axis. */
typedef struct place {
  int32_t near, far;
  int32_t way; /* from near to far; below 0 before the first centre */
} place;

static place find(const te_resize_axis *axis, int32_t index) {
  const int32_t scaled = index * axis->step + axis->offset;
  const int32_t near = scaled > 0 ? scaled / UNIT : 0;
  const int32_t far = scaled > 0 ? (scaled + UNIT - 1) / UNIT : 0;
  return (place){near, te_clamp(far, 0, axis->size - 1), scaled - near * UNIT};
}

/* All channels of one output pixel between two rows of the input. */
static void mix(int32_t channels, const int8_t *top, const int8_t *bottom, int32_t down, place x,
                int8_t *output) {
  const int32_t near = x.near * channels;
  const int32_t far = x.far * channels;
  const int32_t half = 1 << (2 * FRACTION_BITS - 1);
  for (int32_t c = 0; c < channels; ++c) {
    const int32_t left = top[near + c] * (UNIT - down) + bottom[near + c] * down;
    const int32_t right = top[far + c] * (UNIT - down) + bottom[far + c] * down;
    const int32_t sum = left * (UNIT - x.way) + right * x.way;
    output[c] = (int8_t)((sum > 0 ? sum + half : sum - half) / (UNIT * UNIT));
  }
}

void te_resize_bilinear(const te_resize_bilinear_params *params, const int8_t *input,
                        int8_t *output) {
  const te_resize_axis *rows = &params->rows;
  const te_resize_axis *columns = &params->columns;
  const int32_t row_bytes = columns->size * params->channels;
  for (int32_t batch = 0; batch < params->batches; ++batch, input += rows->size * row_bytes) {
    for (int32_t i = 0; i < rows->count; ++i) {
      const place y = find(rows, i);
      const int8_t *top = input + y.near * row_bytes;
      const int8_t *bottom = input + y.far * row_bytes;
      for (int32_t k = 0; k < columns->count; ++k, output += params->channels) {
        mix(params->channels, top, bottom, y.way, find(columns, k), output);
      }
    }
  }
}
