/* int8 kernels in plain C11, each equal byte for byte to TensorFlow Lite Micro's reference kernel.
 *
 * Tensors are NHWC and belong to the caller. No kernel allocates, blocks or fails: what it needs
 * was checked when the parameters were generated. Input and output may share memory only as far
 * as the compiler's kernel table says (tinyedge/compile/kernels/portable/). The parameters of
 * kernel `x` are an `x_params`. */
#ifndef TE_KERNELS_H
#define TE_KERNELS_H

#include <stdint.h>

/* int32 accumulator -> int8, for each output channel. Arrays are padded to a multiple of four. */
typedef struct te_output_stage {
  const int32_t *bias;       /* minus input zero point times the sum of the channel's weights */
  const int32_t *multiplier; /* fixed point, 31 fractional bits */
  const int8_t *shift;       /* power of two, -31..31; positive is left */
  int32_t zero_point;
  int32_t low; /* the output is limited to low..high */
  int32_t high;
} te_output_stage;

/* A window that moves over height and width; sizes in elements. */
typedef struct te_window {
  int32_t batches;
  int32_t input_height, input_width;
  int32_t output_height, output_width;
  int32_t height, width; /* of the window itself */
  int32_t stride_y, stride_x;
  int32_t dilation_y, dilation_x;
  int32_t pad_top, pad_left;
} te_window;

typedef struct te_conv2d_params {
  te_window window;
  int32_t input_channels;
  int32_t output_channels;
  int32_t input_zero_point;
  const int8_t *weights; /* [output_channels / 4, rounded up][y][x][input channel][4] */
  te_output_stage stage;
} te_conv2d_params;

void te_conv2d(const te_conv2d_params *params, const int8_t *input, int8_t *output);

typedef struct te_depthwise_conv2d_params {
  te_window window;
  int32_t input_channels;
  int32_t depth_multiplier; /* output channel c reads input channel c / depth_multiplier */
  int32_t input_zero_point;
  const int8_t *weights; /* [output channels / 4, rounded up][y][x][4] */
  te_output_stage stage;
} te_depthwise_conv2d_params;

void te_depthwise_conv2d(const te_depthwise_conv2d_params *params, const int8_t *input,
                         int8_t *output);

typedef struct te_transpose_conv_params {
  te_window window; /* tap t for input i goes to output i * stride + t - pad; dilation is 1 */
  int32_t input_channels;
  int32_t output_channels;
  int32_t input_zero_point;
  const int8_t *weights; /* as of te_conv2d */
  te_output_stage stage; /* the bias has no zero point folded in */
} te_transpose_conv_params;

void te_transpose_conv(const te_transpose_conv_params *params, const int8_t *input, int8_t *output);

typedef struct te_fully_connected_params {
  int32_t rows; /* of input and output */
  int32_t inputs;
  int32_t outputs;
  const int8_t *weights; /* [outputs / 4, rounded up][input][4] */
  te_output_stage stage;
} te_fully_connected_params;

/* Also the 1x1 convolution of stride 1: a row is a pixel. */
void te_fully_connected(const te_fully_connected_params *params, const int8_t *input,
                        int8_t *output);

typedef struct te_pool_params {
  te_window window; /* dilation is 1 */
  int32_t channels;
  int32_t low; /* the output is limited to low..high */
  int32_t high;
} te_pool_params;

typedef te_pool_params te_max_pool_params;
typedef te_pool_params te_average_pool_params;

void te_max_pool(const te_max_pool_params *params, const int8_t *input, int8_t *output);

/* Rounds half away from zero; elements outside the input do not count. */
void te_average_pool(const te_average_pool_params *params, const int8_t *input, int8_t *output);

#define TE_BROADCAST_RANK 6

/* Operands of an elementwise kernel: element strides are 0 along axes that are repeated. The last
 * axis is the innermost; unused leading ones have size 1. */
typedef struct te_broadcast {
  int32_t shape[TE_BROADCAST_RANK]; /* of the output */
  int32_t stride_a[TE_BROADCAST_RANK];
  int32_t stride_b[TE_BROADCAST_RANK];
} te_broadcast;

typedef struct te_sum_params {
  te_broadcast broadcast;
  int32_t left_shift;
  int32_t a_zero_point, a_multiplier, a_shift;
  int32_t b_zero_point, b_multiplier, b_shift;
  int32_t multiplier, shift, zero_point;
  int32_t low, high;
} te_sum_params;

typedef te_sum_params te_add_params;
typedef te_sum_params te_sub_params;

void te_add(const te_add_params *params, const int8_t *a, const int8_t *b, int8_t *output);

void te_sub(const te_sub_params *params, const int8_t *a, const int8_t *b, int8_t *output);

typedef struct te_mul_params {
  te_broadcast broadcast;
  int32_t a_zero_point, b_zero_point;
  int32_t multiplier, shift, zero_point;
  int32_t low, high;
} te_mul_params;

void te_mul(const te_mul_params *params, const int8_t *a, const int8_t *b, int8_t *output);

typedef struct te_extremum_params {
  te_broadcast broadcast;
} te_extremum_params;

typedef te_extremum_params te_minimum_params;
typedef te_extremum_params te_maximum_params;

void te_minimum(const te_minimum_params *params, const int8_t *a, const int8_t *b, int8_t *output);

void te_maximum(const te_maximum_params *params, const int8_t *a, const int8_t *b, int8_t *output);

typedef struct te_prelu_params {
  te_broadcast broadcast;
  int32_t input_zero_point, alpha_zero_point;
  int32_t multiplier, shift, zero_point; /* of inputs that are not negative */
  int32_t alpha_multiplier, alpha_shift; /* of the others, times alpha */
} te_prelu_params;

void te_prelu(const te_prelu_params *params, const int8_t *input, const int8_t *alpha,
              int8_t *output);

#define TE_PAD_RANK 5

typedef struct te_pad_params {
  int32_t before[TE_PAD_RANK]; /* elements; the last axis is the innermost */
  int32_t size[TE_PAD_RANK];   /* of the input */
  int32_t after[TE_PAD_RANK];
  int8_t value;
} te_pad_params;

void te_pad(const te_pad_params *params, const int8_t *input, int8_t *output);

typedef struct te_concatenation_params {
  int32_t outer;
  int32_t count;         /* of inputs */
  const int32_t *chunks; /* bytes of each input that stand together in the output */
} te_concatenation_params;

void te_concatenation(const te_concatenation_params *params, const int8_t *const *inputs,
                      int8_t *output);

typedef struct te_copy_params {
  int32_t bytes;
} te_copy_params;

/* Input and output may overlap. */
void te_copy(const te_copy_params *params, const int8_t *input, int8_t *output);

#define TE_GATHER_RANK 5

typedef struct te_gather_params {
  int32_t offset;                 /* bytes from the input's start to the first one read */
  int32_t shape[TE_GATHER_RANK];  /* of the output; the last axis is the innermost, unused: 1 */
  int32_t stride[TE_GATHER_RANK]; /* bytes in the input from one index to the next */
} te_gather_params;

void te_gather(const te_gather_params *params, const int8_t *input, int8_t *output);

typedef struct te_resize_nearest_params {
  int32_t batches;
  int32_t input_height, input_width, channels;
  int32_t output_height, output_width;
  const int16_t *rows;    /* which row of the input each of the output is */
  const int16_t *columns; /* the same of columns */
} te_resize_nearest_params;

void te_resize_nearest(const te_resize_nearest_params *params, const int8_t *input, int8_t *output);

/* Output pixel i lies at i * step + offset, with 10 fractional bits. */
typedef struct te_resize_axis {
  int32_t size;  /* pixels of the input */
  int32_t count; /* of the output */
  int32_t step, offset;
} te_resize_axis;

typedef struct te_resize_bilinear_params {
  int32_t batches, channels;
  te_resize_axis rows, columns;
} te_resize_bilinear_params;

void te_resize_bilinear(const te_resize_bilinear_params *params, const int8_t *input,
                        int8_t *output);

typedef struct te_arg_extreme_params {
  int32_t outer, size, inner; /* of three axes, the middle one is searched */
} te_arg_extreme_params;

typedef te_arg_extreme_params te_arg_max_params;
typedef te_arg_extreme_params te_arg_min_params;

/* int8 -> int32 (any alignment): the first of equal elements counts. */
void te_arg_max(const te_arg_max_params *params, const int8_t *input, int8_t *output);

void te_arg_min(const te_arg_min_params *params, const int8_t *input, int8_t *output);

#define TE_MEAN_RANK 3

typedef struct te_mean_params {
  int32_t kept[TE_MEAN_RANK]; /* sizes of the axes that stay, outermost first; unused: 1 */
  int32_t kept_stride[TE_MEAN_RANK];
  int32_t reduced[TE_MEAN_RANK]; /* the same of the axes that are averaged over */
  int32_t reduced_stride[TE_MEAN_RANK];
  int32_t offset; /* minus input zero point times elements averaged over */
  int32_t multiplier, shift, zero_point;
} te_mean_params;

void te_mean(const te_mean_params *params, const int8_t *input, int8_t *output);

typedef struct te_lookup_params {
  int32_t size;
  const int8_t *table; /* 256 entries; the index is the input byte read as unsigned */
} te_lookup_params;

/* Any function of one byte. Input and output may be the same. */
void te_lookup(const te_lookup_params *params, const int8_t *input, int8_t *output);

typedef struct te_softmax_params {
  int32_t rows;
  int32_t depth;
  int32_t entries;    /* of exp */
  const int32_t *exp; /* exp(-i * input scale * beta), 31 fractional bits */
} te_softmax_params;

/* Input and output may be the same. */
void te_softmax(const te_softmax_params *params, const int8_t *input, int8_t *output);

typedef struct te_affine_params {
  int32_t size; /* elements */
  float scale;
  int32_t zero_point;
} te_affine_params;

typedef te_affine_params te_quantize_params;
typedef te_affine_params te_dequantize_params;

/* float32 (any alignment) -> int8; halves away from zero, saturated. NaN gives -128. */
void te_quantize(const te_quantize_params *params, const int8_t *input, int8_t *output);

/* int8 -> float32 (any alignment). */
void te_dequantize(const te_dequantize_params *params, const int8_t *input, int8_t *output);

/* A kernel with its parameters. `scratch` is NULL or what the kernel asks for. */
typedef void te_call(const void *input, void *output, void *scratch);

/* Two layers run together, some rows at a time, so that the tensor between them never exists as a
 * whole. A strip holds the rows of it that one call of the second layer reads. */
typedef struct te_strips_params {
  te_call *first;  /* one row of the input to one row of a strip */
  te_call *second; /* a strip to some rows of the output */
  int32_t input_rows, input_row_bytes;
  int32_t strip_rows, strip_row_bytes;
  int32_t strip_bytes; /* in scratch; what is behind them is the layers' own */
  int32_t strips;
  int32_t advance; /* rows from one strip to the next */
  int32_t top;     /* rows of padding above the first */
  int32_t padding; /* what each byte of a row outside the input holds */
  int32_t output_strip_bytes;
} te_strips_params;

void te_strips(const te_strips_params *params, const int8_t *input, int8_t *output,
               int8_t *scratch);

#endif
