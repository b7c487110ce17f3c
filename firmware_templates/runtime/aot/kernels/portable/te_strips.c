#include <string.h>

#include "te_kernels.h"

/* Rows `from` to the last of the strip: input row `next` and those below it, or padding. */
static void fill(const te_strips_params *p, const int8_t *input, int32_t next, int8_t *strip,
                 int32_t from, int8_t *scratch) {
  for (int32_t row = from; row < p->strip_rows; ++row, ++next) {
    int8_t *const to = strip + row * p->strip_row_bytes;
    if (next >= 0 && next < p->input_rows) {
      p->first(input + next * p->input_row_bytes, to, scratch);
    } else {
      memset(to, p->padding, (size_t)p->strip_row_bytes);
    }
  }
}

void te_strips(const te_strips_params *params, const int8_t *input, int8_t *output,
               int8_t *scratch) {
  int8_t *const strip = scratch;
  int8_t *const rest = scratch + params->strip_bytes;
  const int32_t common = params->strip_rows - params->advance; /* rows that two strips share */
  const int32_t kept = common > 0 ? common : 0;
  int32_t from = 0;
  for (int32_t i = 0; i < params->strips; ++i) {
    fill(params, input, i * params->advance - params->top + from, strip, from, rest);
    params->second(strip, output, rest);
    output += params->output_strip_bytes;
    memmove(strip, strip + params->advance * params->strip_row_bytes,
            (size_t)(kept * params->strip_row_bytes));
    from = kept;
  }
}
