/* Kernels for RISC-V with 32 registers and the multiplications of the M extension (the ESP32-C3).
 *
 * Tensors are int8, NHWC. The drivers block until done and cannot fail. Output channels are
 * computed four at a time; weights are interleaved by them. How input and output may share memory,
 * the compiler knows (tinyedge/compile/kernels/rv32im). */
#ifndef TE_RV32IM_H
#define TE_RV32IM_H

#include <stdint.h>

#include "winograd.h"

/* Requantization of four channels: sums begin with `initial`; with acc the sum times 256,
 * ((acc * multiplier >> 32) + constant (`below` where acc < 0)) >> shift, clamped. */
typedef struct te_rv32_stage {
  int32_t initial[4], multiplier[4], constant[4], below[4];
  int32_t shift[4];
} te_rv32_stage;

typedef struct te_rv32_window {
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t input_channels, output_channels;
  uint8_t height, width; /* of the window */
  uint8_t stride_y, stride_x, dilation_y, dilation_x;
  uint8_t top, left; /* padding */
} te_rv32_window;

typedef struct te_rv32_conv_params {
  te_rv32_window window;
  const void *weights; /* [channels / 4][taps][4] */
  const void *stages;  /* te_rv32_stage for each four channels */
  uint16_t taps;       /* of a window */
  int8_t zero_point;   /* of the input */
  int8_t low, high;    /* clamp of the output */
} te_rv32_conv_params;

/* Six pixels, as conv_pairs.S reads them (offsets are known there). */
typedef struct te_rv32_block {
  const uint32_t *columns; /* 0: {pixels 0 and 1, 2 and 3, 4 and 5} of each tap of the windows */
  const uint32_t *end;     /* 4: of them */
  const void *stream;      /* 8 */
  int8_t *output;          /* 12: of pixel 0 */
  uint32_t channels;       /* 16: even */
  int32_t low, high;       /* 20: clamp of the output */
} te_rv32_block;

typedef void te_rv32_conv_kernel(const te_rv32_block *block);

/* Unpacks two windows: see pack.S. */
typedef void te_rv32_row_packer(const int8_t *first, const int8_t *second, uint32_t *to,
                                uint32_t rows, uint32_t step);

typedef struct te_rv32_conv_pairs_params {
  te_rv32_window window;
  te_rv32_row_packer *pack_rows; /* NULL: rows are long enough for a loop */
  te_rv32_conv_kernel *kernel;
  const void *stream;   /* see conv_pairs.S */
  uint16_t words;       /* of the columns */
  int8_t zero_point;    /* of the input */
  int8_t low, high;     /* clamp of the output */
  uint8_t is_padded;    /* whether windows reach past the input */
  uint8_t is_pointwise; /* 1x1, stride 1: up to a block of pixels is read past the input */
} te_rv32_conv_pairs_params;

typedef te_rv32_conv_params te_rv32_depthwise_params;

/* Convolution, four pixels at a time. scratch: 4 * taps bytes. */
void te_rv32_conv(const te_rv32_conv_params *params, const void *input, void *output,
                  void *scratch);

/* Convolution, six pixels at a time, two products a multiplication; output channels are even.
 * scratch: the columns, then a row of a window in padding. */
void te_rv32_conv_pairs(const te_rv32_conv_pairs_params *params, const void *input, void *output,
                        void *scratch);

/* Depthwise convolution; channels are a multiple of 4, at most TE_RV32_TAPS taps. scratch: a pixel
 * of padding. */
enum { TE_RV32_TAPS = 64 };
void te_rv32_depthwise(const te_rv32_depthwise_params *params, const void *input, void *output,
                       void *scratch);

/* A channel's outputs, as depthwise_3x3.S and depthwise_lines.S read them (offsets are known
 * there). A row of outputs is one along either axis of the image. */
typedef struct te_rv32_plane_run {
  const int8_t *plane;  /* 0: the channel's inputs, from the first window on */
  const int8_t *head;   /* 4: weights and requantization */
  int8_t *output;       /* 8 */
  uint32_t row_step;    /* 12: bytes from the first window of a row of outputs to the next row's */
  uint32_t step;        /* 16: from an output to the next */
  uint32_t length;      /* 20: that a row of outputs spans */
  uint32_t output_step; /* 24: from a row of outputs to the next */
  uint32_t rows;        /* 28: at least 1 */
  int32_t low, high;    /* 32: clamp of the output */
  uint32_t pitch;       /* 40: 3x3: from a window's column to the next */
  uint32_t window_rows; /* 44: lines: this and the next */
  uint32_t window_row_weights; /* 48: bytes of a row's weights, even */
  uint32_t window_row_skip;    /* 52: from the end of a window's row to its next row */
  uint32_t weights;            /* 56: bytes of them */
} te_rv32_plane_run;

typedef void te_rv32_plane_kernel(const te_rv32_plane_run *run);

typedef struct te_rv32_depthwise_planes_params {
  te_rv32_plane_kernel *kernel;
  const void *heads;
  te_rv32_plane_run run; /* but for its addresses */
  uint32_t plane_bytes;
  uint32_t first; /* byte of a plane that holds an input */
  uint32_t copy_rows, copy_columns;
  uint32_t copy_from_row, copy_from_step; /* bytes of the input */
  uint32_t copy_to_row, copy_to_step;     /* of the plane */
  uint16_t channels;
  uint8_t head_bytes;
  int8_t zero_point; /* of the input */
} te_rv32_depthwise_planes_params;

/* Depthwise convolution; channels are a multiple of 4. The output may begin a whole number of
 * pixels before or behind the input. scratch: the plane. */
void te_rv32_depthwise_planes(const te_rv32_depthwise_planes_params *params, const void *input,
                              void *output, void *scratch);

typedef struct te_rv32_fully_connected_params {
  const void *weights; /* [outputs / 8][inputs][8] */
  const void *stages;  /* te_rv32_stage for each four outputs, an even number of them */
  uint16_t batches, inputs, outputs;
  int8_t low, high; /* clamp of the output */
} te_rv32_fully_connected_params;

void te_rv32_fully_connected(const te_rv32_fully_connected_params *params, const void *input,
                             void *output);

/* clamp((constant + first * a + second * b) >> shift, low, high) */
typedef struct te_rv32_add_params {
  uint32_t elements;
  int32_t constant, first, second;
  int32_t low, high;
  uint8_t shift;
} te_rv32_add_params;

/* ADD of two tensors of one shape; the output may be either of them. */
void te_rv32_add(const te_rv32_add_params *params, const void *a, const void *b, void *output);

#endif
