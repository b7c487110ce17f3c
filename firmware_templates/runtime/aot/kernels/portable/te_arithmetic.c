#include "te_fixedpoint.h"
#include "te_kernels.h"

/* One operand of a sum on the common scale. */
static int32_t scaled(int32_t q, int32_t left_shift, int32_t zero_point, int32_t multiplier,
                      int32_t shift) {
  return te_requantize((q - zero_point) * (1 << left_shift), multiplier, shift);
}

static int32_t scaled_a(const te_sum_params *p, int8_t a) {
  return scaled(a, p->left_shift, p->a_zero_point, p->a_multiplier, p->a_shift);
}

static int32_t scaled_b(const te_sum_params *p, int8_t b) {
  return scaled(b, p->left_shift, p->b_zero_point, p->b_multiplier, p->b_shift);
}

static int8_t sum(const te_sum_params *p, int32_t raw) {
  const int32_t out = te_requantize(raw, p->multiplier, p->shift) + p->zero_point;
  return (int8_t)te_clamp(out, p->low, p->high);
}

static int8_t add(const te_add_params *p, int8_t a, int8_t b) {
  return sum(p, scaled_a(p, a) + scaled_b(p, b));
}

static int8_t sub(const te_sub_params *p, int8_t a, int8_t b) {
  return sum(p, scaled_a(p, a) - scaled_b(p, b));
}

static int8_t mul(const te_mul_params *p, int8_t a, int8_t b) {
  const int32_t product = (a - p->a_zero_point) * (b - p->b_zero_point);
  const int32_t out = te_requantize(product, p->multiplier, p->shift) + p->zero_point;
  return (int8_t)te_clamp(out, p->low, p->high);
}

static int8_t minimum(const te_minimum_params *p, int8_t a, int8_t b) {
  (void)p;
  return a < b ? a : b;
}

static int8_t maximum(const te_maximum_params *p, int8_t a, int8_t b) {
  (void)p;
  return a > b ? a : b;
}

static int8_t prelu(const te_prelu_params *p, int8_t input, int8_t alpha) {
  const int32_t x = input - p->input_zero_point;
  const int32_t product = x * (alpha - p->alpha_zero_point);
  const int32_t out = x >= 0 ? te_requantize(x, p->multiplier, p->shift)
                             : te_requantize(product, p->alpha_multiplier, p->alpha_shift);
  return (int8_t)te_clamp(out + p->zero_point, INT8_MIN, INT8_MAX);
}

/* Where the operands' innermost rows start. */
typedef struct rows {
  int32_t a, b;
  int32_t index[TE_BROADCAST_RANK - 1]; /* along the outer axes */
} rows;

/* Moves to the next innermost row. Returns 0 after the last one. */
static int next_row(const te_broadcast *s, rows *r) {
  for (int axis = TE_BROADCAST_RANK - 2; axis >= 0; --axis) {
    r->a += s->stride_a[axis];
    r->b += s->stride_b[axis];
    if (++r->index[axis] < s->shape[axis]) return 1;
    r->a -= s->stride_a[axis] * s->shape[axis];
    r->b -= s->stride_b[axis] * s->shape[axis];
    r->index[axis] = 0;
  }
  return 0;
}

/* Defines te_NAME, which puts every pair of elements through NAME. */
#define TE_BINARY(name)                                                              \
  void te_##name(const te_##name##_params *params, const int8_t *a, const int8_t *b, \
                 int8_t *output) {                                                   \
    const te_broadcast *s = &params->broadcast;                                      \
    const int32_t step_a = s->stride_a[TE_BROADCAST_RANK - 1];                       \
    const int32_t step_b = s->stride_b[TE_BROADCAST_RANK - 1];                       \
    rows r = {0, 0, {0}};                                                            \
    do {                                                                             \
      const int8_t *row_a = a + r.a;                                                 \
      const int8_t *row_b = b + r.b;                                                 \
      for (int32_t i = 0; i < s->shape[TE_BROADCAST_RANK - 1]; ++i) {                \
        *output++ = name(params, row_a[i * step_a], row_b[i * step_b]);              \
      }                                                                              \
    } while (next_row(s, &r));                                                       \
  }

TE_BINARY(add)
TE_BINARY(sub)
TE_BINARY(mul)
TE_BINARY(minimum)
TE_BINARY(maximum)
TE_BINARY(prelu)
