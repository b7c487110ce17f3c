#include <string.h>

#include "rv32im.h"

enum { LANES = 4 }; /* channels of a plane, bytes of a word of it */

/* Copies four channels into their plane. */
static void copy(const te_rv32_depthwise_planes_params *p, const int8_t *input, int8_t *plane) {
  const uint32_t from_step = p->copy_from_step, to_step = p->copy_to_step;
  int8_t *to_row = plane + p->first;
  for (uint32_t row = p->copy_rows; row > 0; row--) {
    const int8_t *from = input;
    int8_t *to = to_row;
    for (uint32_t left = p->copy_columns; left > 0; left--) {
      memcpy(__builtin_assume_aligned(to, LANES), __builtin_assume_aligned(from, LANES), LANES);
      from += from_step;
      to += to_step;
    }
    input += p->copy_from_row;
    to_row += p->copy_to_row;
  }
}

void te_rv32_depthwise_planes(const te_rv32_depthwise_planes_params *p, const void *input,
                              void *output, void *scratch) {
  const int8_t *from = input;
  int8_t *const plane = scratch;
  te_rv32_plane_run run = p->run;
  run.head = p->heads;
  run.output = output;
  memset(plane, p->zero_point, p->plane_bytes);
  for (uint32_t channel = 0; channel < p->channels; channel += LANES, from += LANES) {
    copy(p, from, plane);
    for (uint32_t i = 0; i < LANES; i++) {
      run.plane = plane + i;
      p->kernel(&run);
      run.head += p->head_bytes;
      run.output++;
    }
  }
}
