/* Kernels for cores with the ARMv7E-M DSP extension (Cortex-M4, M7): assembly inner loops, macros
 * in *.S that the generated layers.S instantiates, and the C drivers that feed them.
 *
 * Tensors are uint8 = q + 128, NHWC. The drivers block until done and cannot fail. `scratch` is
 * aligned to 4. Reading a few bytes past an input and writing some past an output is part of a
 * layer's footprint; which, and how input and output may share memory, the compiler knows
 * (tinyedge/compile/kernels/armv7em). The parameters of driver `x` are an `x_params`. */
#ifndef TE_ARMV7EM_H
#define TE_ARMV7EM_H

#include <stdint.h>

/* ---- convolution ---------------------------------------------------------------------------- */

/* A run of pixel blocks, as the kernels in conv.S read and advance it (offsets are known there).
 * A window is the input that one output pixel depends on: `rows` runs of `words` words. */
typedef struct te_conv_run {
  const uint8_t *pixel;   /* 0: window of the next pixel */
  uint32_t left;          /* 4: pixels left in its output row */
  int32_t step;           /* 8: bytes from a window to the next in the row */
  uint32_t width;         /* 12: pixels in an output row */
  int32_t row_skip;       /* 16: bytes added at the end of an output row */
  uint8_t *output;        /* 20: where the next block of pixels goes */
  uint32_t blocks;        /* 24: blocks to compute, at least 1 */
  int32_t input_jump;     /* 28: bytes added to pixel after a block */
  int32_t output_jump;    /* 32: bytes from a block's output to the next */
  void (*unpack)(void);   /* 36: te_unpack_*, with a calling convention of its own */
  uint32_t words;         /* 40: words of a window's row */
  uint32_t rows;          /* 44: rows of a window */
  int32_t row_gap;        /* 48: bytes from the end of a window's row to the next */
  const uint32_t *stream; /* 52: weights and requantization */
  uint32_t *columns;      /* 56: scratch for the unpacked windows of a block */
  uint32_t units;         /* 60: words of a window */
  uint32_t channels;      /* 64: output channels */
  uint32_t limits[3];     /* 68: 255 - high, 255 - high + low, low; each byte four times */
  uint32_t scale;         /* 80: of te_unpack_any_*, 0..7 */
} te_conv_run;

typedef void te_conv_kernel(te_conv_run *run);
typedef void te_unpack(void);

typedef struct te_v7em_conv_params {
  te_conv_kernel *kernel; /* te_conv_3x2 or te_conv_2x4 */
  te_unpack *unpack;      /* the one that fits kernel and scale */
  const uint32_t *stream;
  uint8_t block;  /* pixels a block */
  uint8_t rows;   /* rows of a window */
  uint16_t words; /* words of a window's row */
  uint16_t units; /* words of a window */
  uint16_t input_height, output_height, output_width;
  uint16_t channels;        /* of the output */
  uint16_t row_bytes;       /* of an input row */
  uint16_t step;            /* bytes from a window to the next */
  uint16_t left;            /* bytes of padding before a row */
  uint16_t band_row;        /* bytes of a padded row, a multiple of 4 */
  uint16_t band_rows;       /* a window, and a stride more if blocks span two output rows */
  uint8_t stride, dilation; /* vertical */
  uint8_t top;              /* rows of padding above */
  uint8_t zero;             /* input zero point as uint8 */
  uint8_t low, high;        /* clamp of the output, where the kernel has one */
  uint8_t scale;            /* of the unpacked windows: powers of two */
} te_v7em_conv_params;

typedef te_v7em_conv_params te_v7em_conv_direct_params;
typedef te_v7em_conv_params te_v7em_conv_band_params;

/* Convolution without padding: windows lie in the input itself. 1x1 layers of stride 1 run
 * backwards where the output lies above the input, or is larger. scratch: columns. */
void te_v7em_conv_direct(const te_v7em_conv_direct_params *params, const void *input, void *output,
                         void *scratch);

/* Convolution over a band of padded rows, copied before they may be overwritten. scratch: columns,
 * then the band. */
void te_v7em_conv_band(const te_v7em_conv_band_params *params, const void *input, void *output,
                       void *scratch);

/* ---- convolution 3x3, Winograd -------------------------------------------------------------- */

/* A pair of tiles: 4 rows of 2 outputs, from 6 rows of 4 inputs. Layouts are in winograd.S. */
enum { TE_WINOGRAD_ROWS = 4, TE_WINOGRAD_PATCH = 6, TE_WINOGRAD_COLUMNS = 2 };

/* Pairs of output channels times pairs of tiles, as te_winograd_product reads and advances it. */
typedef struct te_winograd_run {
  const uint32_t *weights; /* 0: transformed */
  const uint32_t *requant; /* 4: of the next pair of channels */
  uint8_t *output;         /* 8: upper left, of the next pair of channels */
  uint32_t channel_pairs;  /* 12: at least 1 */
  const uint32_t *columns; /* 16: transformed inputs */
  uint32_t tile_pairs;     /* 20: side by side, at least 1 */
  void (*store)(void);     /* 24: te_winograd_store, with a calling convention of its own */
  uint32_t row_bytes;      /* 28: of an output row */
  uint32_t channels;       /* 32: of the output */
  uint32_t weight_bytes;   /* 36: transformed, of a pair of channels */
  uint32_t stream_bytes;   /* 40: of a pair of channels */
  uint32_t limits[3];      /* 44: as in te_conv_run */
} te_winograd_run;

typedef void te_winograd_product(te_winograd_run *run);
typedef void te_winograd_store(void);
typedef void te_winograd_input(const uint8_t *patch, uint32_t *columns, uint32_t row_bytes);
typedef void te_winograd_weights(const uint32_t *filter, uint32_t *weights,
                                 const uint32_t *filter_end);

typedef struct te_v7em_winograd_params {
  te_winograd_product *product;
  te_winograd_store *store;
  te_winograd_input *input;
  te_winograd_weights *weights;
  const uint32_t *stream; /* for each pair of channels; the last goes back to stay a pair */
  uint16_t stream_words;  /* of a pair of channels */
  uint16_t head_words;    /* before its filters */
  uint16_t kept;          /* pairs of channels whose weights stay transformed: all, or 1 */
  uint16_t tile_pairs;    /* transformed at a time: 1 where all weights are kept */
  uint16_t input_channels, channels;
  uint16_t input_height, output_height, output_width;
  uint16_t row_bytes; /* of an input row */
  uint16_t band_row;  /* bytes of a padded row, a multiple of 4 */
  uint16_t left;      /* bytes of padding before a row */
  uint8_t top;        /* rows of padding above */
  uint8_t zero;       /* input zero point as uint8 */
  uint8_t low, high;  /* clamp of the output, where the kernel has one */
} te_v7em_winograd_params;

/* 3x3 convolution of stride 1; at least 4x2 outputs of 2 channels, 4 to 64 input channels, a
 * multiple of 4. scratch: `tile_pairs` transformed inputs, `kept` transformed weights, and a band
 * of 6 padded rows, which shares the weights' place where `tile_pairs` is all and `kept` 1. */
void te_v7em_winograd(const te_v7em_winograd_params *params, const void *input, void *output,
                      void *scratch);

/* ---- fully connected ------------------------------------------------------------------------ */

typedef struct te_v7em_fully_connected_params te_v7em_fully_connected_params;
typedef void te_fully_connected_kernel(const uint32_t *columns, const uint32_t *stream,
                                       uint8_t *output,
                                       const te_v7em_fully_connected_params *params);
typedef void te_unpack_row(const uint8_t *row, uint32_t *columns, uint32_t units);

struct te_v7em_fully_connected_params {
  te_fully_connected_kernel *kernel;
  te_unpack_row *unpack;
  const uint32_t *stream;
  uint16_t units;     /* 12: groups of eight inputs */
  uint16_t channels;  /* 14: outputs */
  uint32_t limits[3]; /* 16: as in te_conv_run */
  uint16_t inputs;
  uint16_t batches;
};

/* Outputs are written four at a time. scratch: 16 bytes a unit; with a single batch, the input may
 * begin in it, 8 bytes behind its start for each unit but one, or further. */
void te_v7em_fully_connected(const te_v7em_fully_connected_params *params, const void *input,
                             void *output, void *scratch);

/* ---- depthwise convolution ------------------------------------------------------------------ */

/* The planes of four channels, as te_transpose_4 reads it (offsets are known in depthwise.S). */
typedef struct te_planes {
  uint32_t channels;   /* 0: bytes from a pixel to the next */
  uint32_t bytes;      /* 4: of one plane */
  uint32_t zero;       /* 8: input zero point as uint8, four times */
  uint32_t pairs;      /* 12: pairs of pixels in a row, at least 1 */
  uint32_t left;       /* 16: 1 where a pixel of padding comes first, else 0 */
  uint32_t odd;        /* 20: 1 where a single pixel comes last, else 0 */
  uint32_t gap;        /* 24: bytes from the last word written in a row to the next row */
  int32_t input_gap;   /* 28: bytes from the end of an input row to the next */
  uint32_t multiplier; /* 32: planes that get the same channel */
  uint32_t phase;      /* 36: number of the first plane among those that get its channel */
  uint32_t row_bytes;  /* 40: from an input row to the next */
} te_planes;

typedef void te_transpose(const uint8_t *input, uint32_t *plane, uint32_t rows,
                          const te_planes *planes);

/* Rows of outputs of one channel, as the kernels in depthwise.S read it. */
typedef struct te_depthwise_run {
  uint32_t channels;     /* 0: bytes from an output to the next */
  int32_t skip;          /* 4: bytes of the plane from the end of an output row to the next */
  uint32_t rows;         /* 8: rows of outputs */
  uint32_t row_bytes;    /* 12: bytes of output that the turns of a row advance */
  uint32_t limits[3];    /* 16: as in te_conv_run */
  uint32_t width;        /* 28: outputs in a row */
  uint32_t pitch;        /* 32: bytes of a plane's row */
  uint32_t output_bytes; /* 36: of a row of outputs */
  int32_t output_gap;    /* 40: bytes from the end of a row of outputs to the next */
} te_depthwise_run;

typedef void te_depthwise_kernel(const uint32_t *plane, uint8_t *output, const uint32_t *channel,
                                 const te_depthwise_run *run);

typedef struct te_v7em_depthwise_params {
  te_depthwise_kernel *kernels[2]; /* a channel's first word, shifted right, says which */
  te_transpose *transpose;
  const uint32_t *stream; /* channel_words words a channel */
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t channels;     /* of the output */
  uint16_t multiplier;   /* output channel c reads input channel c / multiplier */
  uint16_t chunk;        /* output rows computed from one filling of the planes */
  uint16_t pitch;        /* bytes of a plane's row */
  int16_t skip;          /* see te_depthwise_run; any window: bytes from row to row */
  uint16_t turn_outputs; /* outputs that the turns of a row compute */
  uint8_t channel_words;
  uint8_t window; /* rows of a window */
  uint8_t stride;
  uint8_t top, left; /* padding */
  uint8_t select;    /* shift of a channel's first word */
  uint8_t zero;      /* input zero point as uint8 */
  uint8_t low, high; /* clamp of the output, where the kernel has one */
  uint8_t swapped;   /* rows here are columns of the tensors; then `chunk` is all */
} te_v7em_depthwise_params;

/* Depthwise convolution over planes of four channels; at least 4 channels. scratch: four planes. */
void te_v7em_depthwise(const te_v7em_depthwise_params *params, const void *input, void *output,
                       void *scratch);

/* ---- pooling -------------------------------------------------------------------------------- */

/* What te_sum_8 adds up (offsets are known in pool.S). */
typedef struct te_sum_area {
  uint32_t channels; /* 0: bytes from a pixel to the next */
  int32_t row_gap;   /* 4: bytes from the end of a row to the next */
  uint32_t columns;  /* 8: pixels in a row, at least 1 */
} te_sum_area;

typedef void te_sum(const uint8_t *first, uint32_t rows, const te_sum_area *area, uint32_t *sums);
typedef void te_max(uint8_t *output, const uint8_t *a, const uint8_t *b, uint32_t words);

/* Pixels outside the input do not count. */
typedef struct te_v7em_pool_params {
  te_sum *sum; /* of te_v7em_average_pool */
  te_max *max; /* of te_v7em_max_pool */
  uint16_t input_height, input_width, output_height, output_width;
  uint16_t channels; /* a multiple of 4; of te_v7em_average_pool at least 8 */
  uint8_t height, width;
  uint8_t stride_y, stride_x;
  uint8_t top, left; /* padding */
  uint8_t low, high; /* clamp of the output */
} te_v7em_pool_params;

typedef te_v7em_pool_params te_v7em_average_pool_params;
typedef te_v7em_pool_params te_v7em_max_pool_params;

/* AVERAGE_POOL_2D, rounded half away from the zero of int8; windows of at most 257 pixels. */
void te_v7em_average_pool(const te_v7em_average_pool_params *params, const void *input,
                          void *output);

/* MAX_POOL_2D. */
void te_v7em_max_pool(const te_v7em_max_pool_params *params, const void *input, void *output);

/* ---- elementwise ---------------------------------------------------------------------------- */

typedef struct te_v7em_add_params te_v7em_add_params;
typedef void te_add_kernel(const te_v7em_add_params *params, const void *a, const void *b,
                           void *output);

/* As te_add_4 reads it (offsets are known in elementwise.S). */
struct te_v7em_add_params {
  uint32_t words;     /* 0: four elements each; up to three bytes past the end are written */
  int32_t first;      /* 4: factor of a */
  int32_t second;     /* 8: factor of b */
  int32_t constant;   /* 12 */
  uint32_t limits[3]; /* 16: as in te_conv_run */
  te_add_kernel *kernel;
};

/* ADD of two tensors of one shape; the output may be either of them. */
void te_v7em_add(const te_v7em_add_params *params, const void *a, const void *b, void *output);

typedef struct te_v7em_flip_params {
  uint32_t words; /* four elements each; up to three bytes past the end are written */
} te_v7em_flip_params;

/* int8 <-> uint8 = q + 128; the output may be the input, or lie before it. */
void te_v7em_flip(const te_v7em_flip_params *params, const void *input, void *output);

#endif
