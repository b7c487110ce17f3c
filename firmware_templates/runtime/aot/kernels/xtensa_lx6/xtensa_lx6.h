/* Kernels for Xtensa LX6 and LX7 (ESP32, ESP32-S3): MAC16, MULSH, CLAMPS and zero-overhead loops.
 * Assembly inner loops, macros in *.S that the generated layers.S instantiates, and the C drivers
 * that feed them.
 *
 * Tensors are int8, NHWC. The drivers block until done and cannot fail. `scratch` is aligned to 4.
 * Reading a few bytes past an input is part of a layer's footprint; which, and how input and output
 * may share memory, the compiler knows (tinyedge/compile/kernels/xtensa_lx6). The parameters of
 * driver `x` are an `x_params`. A stream holds, for each output channel,
 *   initial value, multiplier, shift[, constant, constant for negative sums], weights
 * and the kernels' use of it is in macros.S. */
#ifndef TE_XTENSA_LX6_H
#define TE_XTENSA_LX6_H

#include <stdint.h>

/* ---- unpacking ------------------------------------------------------------------------------ */

typedef void te_lx6_unpacker(const int8_t *from, uint32_t *to, uint32_t units);
typedef void te_lx6_widener(const int8_t *from, uint16_t *to, uint32_t bytes);

/* A row of windows to gather (offsets are known in unpack.S). */
typedef struct te_lx6_gather_run {
  uint32_t pixels; /* 0: at least 1 */
  uint32_t step;   /* 4: bytes from a window to the next */
  uint32_t pitch;  /* 8: bytes from a run of a window to the next */
} te_lx6_gather_run;

typedef void te_lx6_gatherer(const uint16_t *from, uint16_t *to, const te_lx6_gather_run *run);

/* ---- convolution ---------------------------------------------------------------------------- */

/* All output channels over rows of pixels, as the kernels in conv.S read it (offsets are known
 * there). */
typedef struct te_lx6_run {
  const uint32_t *columns; /* 0: first window */
  const uint32_t *stream;  /* 4 */
  uint32_t *weights;       /* 8: where a channel's are unpacked to */
  int8_t *output;          /* 12: of the first pixel */
  uint32_t width;          /* 16: pixels in a row, at least 1 */
  uint32_t rows;           /* 20: at least 1 */
  uint32_t channels;       /* 24: at least 1; bytes from a pixel's outputs to the next */
  int32_t segment_gap;     /* 28: bytes from the end of a segment to the next */
  int32_t pixel_gap;       /* 32: bytes from the end of a window to the next */
  int32_t row_skip;        /* 36: bytes from where the loads of a row end to the next */
} te_lx6_run;

typedef void te_lx6_conv_kernel(const te_lx6_run *run);

typedef struct te_lx6_conv_params {
  te_lx6_conv_kernel *kernel;
  te_lx6_unpacker *unpack; /* NULL: lanes in their order */
  te_lx6_widener *widen;   /* instead */
  te_lx6_gatherer *gather; /* of te_lx6_conv_gather */
  const uint32_t *stream;
  uint16_t weight_words; /* of a channel */
  uint16_t input_height, output_height, output_width;
  uint16_t channels;        /* of the output */
  uint16_t row_bytes;       /* of an input row */
  uint16_t strip;           /* rows of outputs computed from one filling of the band */
  uint16_t step;            /* bytes from a window to the next, unpacked */
  uint16_t band_row;        /* bytes of an unpacked, padded row, a multiple of 4 */
  uint16_t left;            /* of them padding before the row */
  uint16_t segment;         /* bytes of a window's row, unpacked */
  uint8_t spare;            /* behind the last of them */
  uint8_t segments;         /* rows of a window */
  uint8_t window;           /* rows that a window spans */
  uint8_t stride, dilation; /* vertical */
  uint8_t top;              /* rows of padding above */
  uint8_t zero;             /* input zero point as q + 128 */
  int8_t low, high;         /* clamp of the output */
} te_lx6_conv_params;

typedef te_lx6_conv_params te_lx6_conv_band_params;
typedef te_lx6_conv_params te_lx6_conv_gather_params;
typedef te_lx6_conv_params te_lx6_conv_pointwise_params;

/* Convolution over a band of unpacked, padded rows, where windows begin at words. scratch: a
 * channel's weights, then the band. */
void te_lx6_conv_band(const te_lx6_conv_band_params *params, const void *input, void *output,
                      void *scratch);

/* The same, but with windows gathered from the band. scratch: weights, windows, band. */
void te_lx6_conv_gather(const te_lx6_conv_gather_params *params, const void *input, void *output,
                        void *scratch);

/* 1x1 convolution of stride 1, `strip` pixels at a time; input channels a multiple of 4. Runs
 * backwards where the output lies above the input, or is larger. scratch: weights, then pixels. */
void te_lx6_conv_pointwise(const te_lx6_conv_pointwise_params *params, const void *input,
                           void *output, void *scratch);

/* ---- convolution 3x3, Winograd -------------------------------------------------------------- */

/* Rows and columns of outputs of a tile, and of the inputs that they come from. */
enum { TE_LX6_TILE = 4, TE_LX6_PATCH = 6 };

/* One output channel of tiles side by side, as winograd.S reads it (offsets are known there). */
typedef struct te_lx6_winograd_run {
  const uint32_t *columns; /* 0: transformed inputs */
  const uint32_t *weights; /* 4: the transformed filter */
  int8_t *output;          /* 8: of the first tile */
  uint32_t tiles;          /* 12: at least 1 */
  uint32_t row_skip;       /* 16: bytes from a tile's row of outputs to the next */
  uint32_t initial;        /* 20: added to 576 * T */
  uint32_t multiplier;     /* 24 */
  uint32_t constant;       /* 28 */
  uint32_t shift;          /* 32 */
  uint32_t below;          /* 36: instead of constant where the sum is negative: signed kernels */
} te_lx6_winograd_run;

typedef void te_lx6_winograd_product(const te_lx6_winograd_run *run);
typedef void te_lx6_winograd_input(const uint8_t *patch, uint32_t *columns, uint32_t row_bytes);
typedef void te_lx6_winograd_weights(const uint32_t *filter, uint32_t *weights);
typedef void te_lx6_offsetter(const int8_t *from, uint8_t *to, uint32_t words);

typedef struct te_lx6_winograd_params {
  te_lx6_winograd_product *product;
  te_lx6_winograd_input *input;
  te_lx6_winograd_weights *weights;
  te_lx6_offsetter *offset;
  const uint32_t *stream;
  uint16_t stream_words;   /* of a channel */
  uint16_t head_words;     /* of them before the filter, whose bytes are w + 128 */
  uint16_t tiles;          /* transformed before any output of theirs is computed */
  uint16_t input_channels; /* a multiple of 4 */
  uint16_t channels;       /* of the output */
  uint16_t input_height;
  uint16_t output_height, output_width; /* at least 4 */
  uint16_t row_skip;                    /* bytes from where the product leaves a tile's row of
                                           outputs to the next: above 85 channels behind them */
  uint16_t row_bytes;                   /* of an input row */
  uint16_t band_row;                    /* bytes of a padded row, a multiple of 4 */
  uint16_t left;                        /* of them padding before the row */
  uint8_t top;                          /* rows of padding above */
  uint8_t zero;                         /* input zero point as q + 128 */
  int8_t low, high;                     /* clamp of the output */
} te_lx6_winograd_params;

/* 3x3 convolution of stride 1 by F(4x4, 3x3). scratch: tiles, a filter, a word, and a band of six
 * rows; where all tiles are transformed at once, filter and band may share their place. */
void te_lx6_winograd(const te_lx6_winograd_params *params, const void *input, void *output,
                     void *scratch);

/* ---- fully connected ------------------------------------------------------------------------ */

typedef void te_lx6_dense_kernel(const uint32_t *columns, const uint32_t *stream, int8_t *output,
                                 uint32_t outputs, uint32_t turns);

typedef struct te_lx6_fully_connected_params {
  te_lx6_dense_kernel *kernel;
  te_lx6_unpacker *unpack;
  const uint32_t *stream;
  uint16_t units;  /* groups of eight inputs */
  uint16_t turns;  /* of the kernel's inner loop */
  uint16_t inputs; /* a multiple of 4 where there are several batches */
  uint16_t outputs;
  uint16_t batches;
  int8_t low, high; /* clamp of the output */
} te_lx6_fully_connected_params;

/* scratch: the inputs of a row, unpacked; with a single batch, the input may begin in it, 8 bytes
 * behind its start for each unit but one, or further. */
void te_lx6_fully_connected(const te_lx6_fully_connected_params *params, const void *input,
                            void *output, void *scratch);

/* ---- depthwise convolution ------------------------------------------------------------------ */

/* Rows to transpose (offsets are known in depthwise.S). */
typedef struct te_lx6_transpose_run {
  uint32_t pixels; /* 0: of a row, at least 1 */
  uint32_t step;   /* 4: bytes from a pixel to the next */
  uint32_t gap;    /* 8: bytes from the end of a plane's row to the next */
} te_lx6_transpose_run;

typedef void te_lx6_transposer(const int8_t *from, uint32_t *first, uint32_t *second, uint32_t rows,
                               const te_lx6_transpose_run *run);

/* Rows of outputs of one channel, as the kernels read it (offsets are known in depthwise.S). */
typedef struct te_lx6_depthwise_run {
  uint32_t width;    /* 0: outputs in a row, at least 1 */
  uint32_t rows;     /* 4: at least 1 */
  uint32_t channels; /* 8: bytes from an output to the next */
  uint32_t pitch;    /* 12: bytes of a plane's row */
  int32_t row_skip;  /* 16: bytes from where a row of windows ends to the next */
  uint32_t row_step; /* 20: bytes from a row of windows to the next */
} te_lx6_depthwise_run;

typedef void te_lx6_depthwise_kernel(const uint32_t *plane, const uint32_t *stream, int8_t *output,
                                     const te_lx6_depthwise_run *run);

typedef struct te_lx6_depthwise_params {
  te_lx6_depthwise_kernel *low, *high; /* for the lower and the upper lanes of a plane */
  te_lx6_transposer *transpose;
  const uint32_t *stream;
  uint16_t channel_words; /* of the stream */
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t channels; /* a multiple of 4 */
  uint16_t strip;    /* rows of outputs computed from one filling of the planes */
  uint16_t pitch;    /* words of a plane's row */
  uint16_t plane;    /* words of a plane */
  uint8_t window;    /* rows of a window */
  uint8_t stride_y, stride_x;
  uint8_t top, left; /* padding */
  uint8_t zero;      /* input zero point as q + 128 */
  int8_t low_clamp, high_clamp;
} te_lx6_depthwise_params;

/* Depthwise convolution over planes of two channels. scratch: two planes. */
void te_lx6_depthwise(const te_lx6_depthwise_params *params, const void *input, void *output,
                      void *scratch);

/* ---- pooling -------------------------------------------------------------------------------- */

/* Pixels to sum up (offsets are known in pool.S). */
typedef struct te_lx6_sum_area {
  uint32_t columns;  /* 0: of a row, at least 1 */
  uint32_t channels; /* 4: bytes from a pixel to the next */
  uint32_t row_gap;  /* 8: bytes from the end of a row to the next */
} te_lx6_sum_area;

typedef void te_lx6_sum(const int8_t *first, uint32_t rows, const te_lx6_sum_area *area,
                        uint32_t sums[2]);

typedef struct te_lx6_average_pool_params {
  te_lx6_sum *sum;
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t channels;      /* a multiple of 4 */
  uint16_t height, width; /* of a window, of at most 257 pixels */
  uint8_t stride_y, stride_x;
  uint8_t top, left; /* padding, which does not count */
  int8_t low, high;  /* clamp of the output */
} te_lx6_average_pool_params;

void te_lx6_average_pool(const te_lx6_average_pool_params *params, const void *input, void *output);

/* ---- elementwise ---------------------------------------------------------------------------- */

typedef struct te_lx6_add_params te_lx6_add_params;
typedef void te_lx6_add_kernel(const int8_t *a, const int8_t *b, int8_t *output,
                               const te_lx6_add_params *params);

/* As the kernel reads it (offsets are known in elementwise.S). */
struct te_lx6_add_params {
  uint32_t words;    /* 0: four elements each; up to three bytes past the end are written */
  int32_t first;     /* 4: factor of a */
  int32_t second;    /* 8: factor of b */
  int32_t constant;  /* 12 */
  uint32_t shift;    /* 16 */
  int32_t low, high; /* clamp of the output */
  te_lx6_add_kernel *kernel;
};

/* ADD of two tensors of one shape; the output may be either of them. */
void te_lx6_add(const te_lx6_add_params *params, const void *a, const void *b, void *output);

#endif
