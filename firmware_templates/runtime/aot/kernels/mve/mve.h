/* Kernels for cores with MVE, Helium (Cortex-M55): assembly inner loops, macros in mve_*.S that the
 * generated layers.S instantiates, and the C drivers that feed them.
 *
 * Tensors are int8 as in the graph, NHWC. The drivers block until done and cannot fail. `scratch`
 * is aligned to 4. Reading some bytes past an input and writing some past an output is part of a
 * layer's footprint; which, and how input and output may share memory, the compiler knows
 * (tinyedge/compile/kernels/mve). The parameters of driver `x` are an `x_params`. */
#ifndef TE_MVE_H
#define TE_MVE_H

#include <stdint.h>

typedef void te_mve_copier(void *to, const void *from, uint32_t bytes);
typedef void te_mve_filler(void *to, int32_t value, uint32_t bytes);

/* ---- convolution ---------------------------------------------------------------------------- */

enum { TE_MVE_BLOCK = 4 }; /* pixels computed at a time */

/* A run of blocks of pixels, as the kernels in mve_conv.S read it (offsets are known there). */
typedef struct te_mve_run {
  const int8_t *pixel;    /* 0: window of the first pixel */
  int8_t *output;         /* 4: of the first pixel */
  int32_t input_jump;     /* 8: bytes from a block's first window to the next */
  int32_t output_jump;    /* 12: and from its output to the next */
  uint32_t blocks;        /* 16: at least 1 */
  uint32_t pairs;         /* 20: pairs of output channels, at least 1 */
  const uint32_t *stream; /* 24: weights and requantization */
  int32_t row_bytes;      /* 28: from a row of a window to the next */
  int32_t zero;           /* 32: output zero point */
  uint16_t offsets[8];    /* 36: of a block's outputs, two channels (quads: pairs) a pixel */
  uint32_t limits[8];     /* 52: least and most output, 16 bytes each */
} te_mve_run;

typedef void te_mve_conv_kernel(const te_mve_run *run);
typedef void te_mve_gatherer(int8_t *columns, const int8_t *window, uint32_t row_bytes,
                             uint32_t windows);

typedef struct te_mve_conv_params {
  te_mve_conv_kernel *kernel;
  const uint32_t *stream;
  uint16_t offsets[8];    /* of te_mve_run */
  uint32_t pair_words;    /* of the stream; an odd channel makes a pair again */
  uint16_t height, width; /* of the output */
  uint16_t channels;      /* of the output, at least 2 */
  uint16_t step;          /* bytes from a window to the next */
  uint32_t row_step;      /* bytes from a row's first window to the next row's */
  uint32_t row_bytes;     /* from a row of a window to the next */
  int8_t zero, low, high; /* of the output */
  /* te_mve_conv_band: */
  int8_t input_zero;
  te_mve_gatherer *gather; /* NULL: windows lie in the band itself */
  te_mve_copier *copy;
  te_mve_filler *fill;
  uint16_t pitch;     /* bytes of a gathered window */
  uint16_t strip;     /* rows of outputs computed from one filling of the band */
  uint16_t band_row;  /* bytes of a padded row */
  uint16_t band_rows; /* that a strip reads */
  uint16_t input_height;
  uint16_t input_row; /* bytes of an input row */
  uint16_t left;      /* bytes of padding before a row */
  uint8_t top;        /* rows of padding above */
  uint8_t stride;     /* vertical */
} te_mve_conv_params;

typedef te_mve_conv_params te_mve_conv_direct_params;
typedef te_mve_conv_params te_mve_conv_band_params;

/* Convolution whose windows lie in the input itself. A single row whose output lies above the input
 * runs backwards. No scratch. */
void te_mve_conv_direct(const te_mve_conv_direct_params *params, const void *input, void *output);

/* Convolution over a band of padded rows, copied before they may be overwritten. scratch: the band,
 * `band_rows` of them and what the kernels read past it; then, gathered, a strip's windows. */
void te_mve_conv_band(const te_mve_conv_band_params *params, const void *input, void *output,
                      void *scratch);

/* ---- fully connected ------------------------------------------------------------------------ */

/* As the kernels in mve_dense.S read it (offsets are known there). */
typedef struct te_mve_dense_run {
  const uint32_t *stream; /* 0 */
  const int8_t *input;    /* 4 */
  int8_t *output;         /* 8: whole eights are written */
  uint32_t eights;        /* 12: of outputs, at least 1 */
  uint32_t turns;         /* 16: of the kernel's inner loop */
  int32_t zero;           /* 20: output zero point */
  uint32_t limits[8];     /* 24: as in te_mve_run */
} te_mve_dense_run;

typedef void te_mve_dense_kernel(const te_mve_dense_run *run);

typedef struct te_mve_fully_connected_params {
  te_mve_dense_kernel *kernel;
  const uint32_t *stream;
  uint16_t inputs, outputs, batches;
  uint16_t turns;
  int8_t zero, low, high; /* of the output */
} te_mve_fully_connected_params;

/* No scratch. */
void te_mve_fully_connected(const te_mve_fully_connected_params *params, const void *input,
                            void *output);

/* ---- depthwise convolution ------------------------------------------------------------------ */

/* As the kernels in mve_depthwise.S read it (offsets are known there). Tiles are of 8 outputs; of a
 * line, `tiles` are its outputs. */
typedef struct te_mve_depthwise_run {
  const int8_t *input;     /* 0 */
  int8_t *output;          /* 4 */
  const uint32_t *weights; /* 8: 4 a channel */
  const uint32_t *factors; /* 12 */
  uint32_t channels;       /* 16: also bytes from a pixel to the next */
  int8_t *plane;           /* 20: place of the first pixel */
  const int8_t *patch;     /* 24: what the last tile of the first row reads; of a line, the first */
  uint32_t eight;          /* 28: bytes of eight input pixels */
  int32_t row_skip;        /* 32: bytes from an input row to the next */
  uint32_t rows;           /* 36: of the input */
  uint32_t tile_rows;      /* 40 */
  uint32_t tiles;          /* 44: in a row */
  uint32_t last;           /* 48: bytes from a row's first output to its last tile's */
  uint32_t step;           /* 52: bytes of the outputs of a tile's row, or of 8 of a line */
  int32_t first[2];    /* 56: bytes from behind the first row of tiles to the next: plane, output */
  int32_t advance[2];  /* 64: from any other to the next */
  int32_t zero;        /* 72: output zero point */
  uint16_t pixels[8];  /* 76: places of eight pixels */
  uint16_t outputs[8]; /* 92: places of a tile's outputs */
  uint8_t taps[16];    /* 108: places of a patch's bytes */
  uint32_t after;      /* 124: added to them for the patch whose outputs come after */
  uint32_t limits[8];  /* 128: as in te_mve_run */
} te_mve_depthwise_run;

typedef void te_mve_depthwise_kernel(const te_mve_depthwise_run *run);

typedef struct te_mve_depthwise_params {
  te_mve_depthwise_kernel *kernel;
  te_mve_filler *fill;
  const uint32_t *weights;
  const uint32_t *factors;
  uint32_t plane; /* bytes of a padded plane */
  uint32_t patch; /* see te_mve_depthwise_run */
  int32_t row_skip;
  uint16_t channels;
  uint16_t input_height, height, width; /* the latter of the output */
  uint16_t pitch;                       /* bytes of a plane's row */
  uint16_t tiles;
  uint8_t stride, top, left; /* padding */
  int8_t zero, low, high;    /* of the output */
  int8_t input_zero;
  uint8_t tile_height; /* of 8 outputs: see mve_depthwise.S */
  uint8_t taps[16];    /* these as in te_mve_depthwise_run */
  uint8_t after;
  uint16_t outputs[8];
} te_mve_depthwise_params;

typedef te_mve_depthwise_params te_mve_depthwise_3x3_params;
typedef te_mve_depthwise_params te_mve_depthwise_line_params;

/* Windows up to 3x3, strides of 1 or of 2 both ways. In place if a pixel's bytes keep their place.
 * scratch: a plane. */
void te_mve_depthwise_3x3(const te_mve_depthwise_3x3_params *params, const void *input,
                          void *output, void *scratch);

/* Windows of one row, of up to 16 pixels, over one row. In place as above. scratch: a plane, and
 * what is read past it. */
void te_mve_depthwise_line(const te_mve_depthwise_line_params *params, const void *input,
                           void *output, void *scratch);

/* ---- ADD ------------------------------------------------------------------------------------ */

typedef struct te_mve_add_params te_mve_add_params;
typedef void te_mve_add_kernel(const te_mve_add_params *params, const int8_t *a, const int8_t *b,
                               int8_t *output);

/* As the kernels in mve_elementwise.S read it (offsets are known there). */
struct te_mve_add_params {
  int32_t first, second, constant; /* 0 */
  uint32_t turns;                  /* 12: of 16 elements, at least 1 */
  uint8_t places[16];              /* 16: of a turn's outputs in the order they are computed */
  int8_t limits[32];               /* 32: least and most output, 16 times each */
  te_mve_add_kernel *kernel;
};

/* Elements are computed 16 at a time. No scratch. */
void te_mve_add(const te_mve_add_params *params, const void *a, const void *b, void *output);

/* ---- pooling -------------------------------------------------------------------------------- */

typedef struct te_mve_average_pool_params te_mve_average_pool_params;
typedef void te_mve_average(const int8_t *input, int8_t *output,
                            const te_mve_average_pool_params *params);

/* As the kernels in mve_pool.S read it (offsets are known there). */
struct te_mve_average_pool_params {
  te_mve_average *kernel; /* 0 */
  int32_t multiplier;     /* 4 */
  uint32_t turns;         /* 8: pixels, divided by those of a kernel's turn */
  uint32_t eights;        /* 12: of channels */
};

/* The average of all pixels. No scratch. */
void te_mve_average_pool(const te_mve_average_pool_params *params, const void *input, void *output);

#endif
