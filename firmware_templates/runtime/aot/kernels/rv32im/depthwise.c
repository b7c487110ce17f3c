#include <string.h>

#include "rv32im.h"
#include "stage.h"

/* Where the taps of the output at (y, x) are; those outside the input are at `padding`. */
static void find_taps(const te_rv32_window *w, const int8_t *input, const int8_t *padding,
                      int32_t y, int32_t x, const int8_t **taps) {
  for (int32_t ky = 0; ky < w->height; ky++) {
    const int32_t row = y * w->stride_y - w->top + ky * w->dilation_y;
    for (int32_t kx = 0; kx < w->width; kx++) {
      const int32_t column = x * w->stride_x - w->left + kx * w->dilation_x;
      const int inside =
          row >= 0 && row < w->input_height && column >= 0 && column < w->input_width;
      *taps++ = inside ? input + (row * w->input_width + column) * w->input_channels : padding;
    }
  }
}

void te_rv32_depthwise(const te_rv32_depthwise_params *p, const void *input, void *output,
                       void *scratch) {
  const te_rv32_window *const w = &p->window;
  const te_rv32_stage *const stages = p->stages;
  const int8_t *taps[TE_RV32_TAPS];
  int8_t *to = output;
  const int8_t *const *const end = taps + p->taps;
  memset(scratch, p->zero_point, w->input_channels);
  for (int32_t y = 0; y < w->output_height; y++) {
    for (int32_t x = 0; x < w->output_width; x++) {
      find_taps(w, input, scratch, y, x, taps);
      const int8_t *weights = p->weights;
      for (uint32_t c = 0; c < w->output_channels; c += 4) {
        const te_rv32_stage *const stage = stages + c / 4;
        int32_t a = stage->initial[0], b = stage->initial[1];
        int32_t d = stage->initial[2], e = stage->initial[3];
        for (const int8_t *const *tap = taps; tap != end; tap++, weights += 4) {
          const int8_t *const from = *tap + c;
          a += from[0] * weights[0];
          b += from[1] * weights[1];
          d += from[2] * weights[2];
          e += from[3] * weights[3];
        }
        to[0] = te_rv32_byte(stage, 0, a, p->low, p->high);
        to[1] = te_rv32_byte(stage, 1, b, p->low, p->high);
        to[2] = te_rv32_byte(stage, 2, d, p->low, p->high);
        to[3] = te_rv32_byte(stage, 3, e, p->low, p->high);
        to += 4;
      }
    }
  }
}
