/* Kernels for ARMv6-M (Cortex-M0, M0+): two products a multiplication. Assembly inner loops, macros
 * in *.S that the generated layers.S instantiates, and the C drivers that feed them.
 *
 * Tensors are int8, NHWC. The drivers block until done and cannot fail. `scratch` is aligned to 4.
 * Reading a few bytes past an input and writing some past an output is part of a layer's
 * footprint; which, and how input and output may share memory, the compiler knows
 * (tinyedge/compile/kernels/armv6m). The parameters of driver `x` are an `x_params`. */
#ifndef TE_ARMV6M_H
#define TE_ARMV6M_H

#include <stdint.h>

/* `words` times four inputs, unpacked: see unpack.S. */
typedef void te_v6m_unpacker(const void *from, uint32_t *to, uint32_t words);

/* `rows` of a window, one behind the other: see unpack.S. */
typedef void te_v6m_gatherer(const void *from, void *to, uint32_t rows, uint32_t pitch);

/* Some pixels' unpacked windows, times all output channels, as the kernels in conv.S and
 * fully_connected.S read it (offsets are known there). */
typedef struct te_v6m_block {
  const uint32_t *columns; /* 0: inputs */
  const uint32_t *end;     /* 4: of the inputs */
  const uint32_t *stream;  /* 8: weights and requantization */
  int8_t *output;          /* 12: of the first pixel */
  uint32_t channels;       /* 16: of the output, at least 1 */
  uint32_t rest;           /* 20: bytes of code of the groups that make no whole turn */
  uint32_t low, high;      /* 24: clamp of the output as q + 128 */
} te_v6m_block;

typedef void te_v6m_kernel(const te_v6m_block *block);

/* ---- convolution ---------------------------------------------------------------------------- */

typedef struct te_v6m_conv_params {
  te_v6m_kernel *kernel;
  te_v6m_unpacker *unpack;
  te_v6m_gatherer *gather; /* of te_v6m_conv_bytes, or NULL */
  const uint32_t *stream;
  uint16_t groups; /* of four taps */
  uint16_t rest;
  uint16_t input_height, input_width, input_channels;
  uint16_t output_height, output_width, output_channels;
  uint8_t height, width; /* of the window */
  uint8_t stride_y, stride_x, dilation_y, dilation_x;
  uint8_t top, left; /* padding */
  int8_t zero_point; /* of the input */
  uint8_t low, high;
} te_v6m_conv_params;

typedef te_v6m_conv_params te_v6m_conv_pointwise_params;
typedef te_v6m_conv_params te_v6m_conv_bytes_params;

/* Input channels are a multiple of 4. scratch: 48 bytes a group. */
void te_v6m_conv(const te_v6m_conv_params *params, const void *input, void *output, void *scratch);

/* The same, for 1x1 and stride 1; backwards where the output lies above its input. */
void te_v6m_conv_pointwise(const te_v6m_conv_pointwise_params *params, const void *input,
                           void *output, void *scratch);

/* Any channels. scratch: 52 bytes a group. */
void te_v6m_conv_bytes(const te_v6m_conv_bytes_params *params, const void *input, void *output,
                       void *scratch);

/* ---- fully connected ------------------------------------------------------------------------ */

typedef struct te_v6m_fully_connected_params {
  te_v6m_kernel *kernel;
  te_v6m_unpacker *unpack;
  const uint32_t *stream;
  uint16_t groups; /* of four inputs */
  uint16_t rest;
  uint16_t batches, inputs, outputs;
  uint8_t low, high;
} te_v6m_fully_connected_params;

/* scratch: 12 bytes a group. */
void te_v6m_fully_connected(const te_v6m_fully_connected_params *params, const void *input,
                            void *output, void *scratch);

/* ---- depthwise convolution ------------------------------------------------------------------ */

/* How a channel's rows become pairs, as depthwise.S reads it (offsets are known there). */
typedef struct te_v6m_pairs_run {
  int32_t padding;     /* 0: what lies outside the input */
  uint32_t loop_bytes; /* 4: of input that the loop of two columns passes */
  uint32_t step;       /* 8: bytes from a column to the next */
  uint32_t rows;       /* 12: at least 1 */
  uint32_t first;      /* 16: inputs read before the first pair, at most the stride */
  uint32_t odd;        /* 20: whether there is a column more than the loop takes */
  int32_t from_skip;   /* 24: bytes from behind a row to the next one */
  int32_t to_skip;     /* 28: bytes from the end of its pairs to the next row's */
} te_v6m_pairs_run;

typedef void te_v6m_pairer(const int8_t *from, uint32_t *to, const te_v6m_pairs_run *run);

/* A channel's outputs, as depthwise.S reads it (offsets are known there). */
typedef struct te_v6m_depthwise_run {
  const uint32_t *pairs; /* 0 */
  const uint32_t *head;  /* 4: weights and requantization */
  int8_t *output;        /* 8 */
  uint32_t step;         /* 12: bytes from an output to the next */
  int32_t window_skip;   /* 16: bytes from the end of a window of pairs to the next */
  int32_t row_step;      /* 20: bytes from the end of a window's row to the next */
  uint32_t length;       /* 24: bytes that a row of outputs spans */
  int32_t pair_skip;     /* 28: bytes from the last window of a row to the next row's first */
  int32_t output_skip;   /* 32: bytes from the end of a row of outputs to the next */
  uint32_t rows;         /* 36: at least 1 */
  uint32_t low, high;    /* 40: clamp of the output as q + 128 */
} te_v6m_depthwise_run;

typedef void te_v6m_depthwise_kernel(const te_v6m_depthwise_run *run);

enum { TE_V6M_DEPTHWISE_KERNELS = 16 };
typedef struct te_v6m_depthwise_params {
  te_v6m_pairer *pairs;
  te_v6m_depthwise_kernel *kernels[TE_V6M_DEPTHWISE_KERNELS]; /* one for each way to group taps */
  const uint32_t *stream;     /* kernel, requantization, weights of each channel */
  te_v6m_pairs_run pairs_run; /* of every channel */
  te_v6m_depthwise_run run;   /* but for its addresses */
  uint16_t plane_words;       /* of pairs */
  uint16_t first_word;        /* of them, that holds an input */
  uint16_t channels, channel_words;
  uint8_t taps, stage_words;
} te_v6m_depthwise_params;

/* Depth multiplier 1. scratch: a word for each tap and each of the requantization's, and pairs. */
void te_v6m_depthwise(const te_v6m_depthwise_params *params, const void *input, void *output,
                      void *scratch);

/* ---- elementwise ---------------------------------------------------------------------------- */

typedef struct te_v6m_add_params te_v6m_add_params;
typedef void te_v6m_add_kernel(const te_v6m_add_params *params, const void *a, const void *b,
                               void *output);

/* As te_v6m_add_1 reads it (offsets are known in elementwise.S). */
struct te_v6m_add_params {
  uint32_t elements; /* 0: at least 1 */
  int32_t constant;  /* 4 */
  int32_t first;     /* 8: factor of a */
  int32_t second;    /* 12: factor of b */
  uint32_t low;      /* 16: clamp of the output as q + 128 */
  uint32_t high;     /* 20 */
  te_v6m_add_kernel *kernel;
};

/* ADD of two tensors of one shape; the output may be either of them. */
void te_v6m_add(const te_v6m_add_params *params, const void *a, const void *b, void *output);

#endif
