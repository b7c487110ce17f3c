/* CONV_2D 3x3 with stride 1 by Winograd's F(4x4, 3x3); see winograd.c. */
#ifndef TE_RV32_WINOGRAD_H
#define TE_RV32_WINOGRAD_H

#include <stdint.h>

/* Sums of products of four transformed patches with the filters of four output channels. */
typedef void te_rv32_winograd_multiplier(const uint32_t *inputs, const uint32_t *filters,
                                         uint32_t *sums, uint32_t quads);

/* Where the outputs of a tile go (offsets are known in winograd.S). */
typedef struct te_rv32_winograd_tile {
  uint32_t channels; /* 0: output channels, at least 1 */
  uint32_t pixel;    /* 4: bytes from a pixel to the next */
  uint32_t row_gap;  /* 8: bytes from the last pixel of a row to the first of the next */
  int32_t low, high; /* 12, 16: clamp */
} te_rv32_winograd_tile;

/* From sums to outputs. `stages` holds for each output channel: what its sum begins with (at a
 * position that all outputs of a tile take 16 times, for outputs times 576), multiplier, constant,
 * shift, and what is added to the constant where the sum is negative. */
typedef void te_rv32_winograd_storer(const uint32_t *sums, const uint32_t *stages, int8_t *output,
                                     const te_rv32_winograd_tile *tile);

typedef struct te_rv32_winograd_params {
  te_rv32_winograd_multiplier *multiply;
  te_rv32_winograd_storer *store;
  const void *weights; /* [channels / 4][input channels][9][4]: w + 128, of channels 0, 2, 1, 3 */
  const uint32_t *stages; /* [channels][5] */
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t input_channels, channels;
  uint16_t groups;   /* of four tiles each, whose inputs are transformed at a time */
  uint8_t top, left; /* padding */
  int8_t zero_point; /* of the input */
  int8_t low, high;  /* clamp of the output */
} te_rv32_winograd_params;

/* Convolution; the input is aligned to 4.
 * scratch: (groups + 1) * 288 * input channels, rounded up to a multiple of 4, + 2304
 * + 18 * input channels bytes. */
void te_rv32_winograd(const te_rv32_winograd_params *params, const void *input, void *output,
                      void *scratch);

#endif
