#include "rv32im.h"

static inline int8_t sum(const te_rv32_add_params *p, int32_t a, int32_t b) {
  const int32_t value = (p->constant + p->first * a + p->second * b) >> p->shift;
  return (int8_t)(value < p->low ? p->low : value > p->high ? p->high : value);
}

void te_rv32_add(const te_rv32_add_params *params, const void *a, const void *b, void *output) {
  const te_rv32_add_params p = *params; /* whatever the output overwrites */
  const int8_t *first = a, *second = b;
  int8_t *to = output;
  uint32_t left = p.elements;
  for (; left >= 4; left -= 4, first += 4, second += 4, to += 4) {
    to[0] = sum(&p, first[0], second[0]);
    to[1] = sum(&p, first[1], second[1]);
    to[2] = sum(&p, first[2], second[2]);
    to[3] = sum(&p, first[3], second[3]);
  }
  for (; left > 0; left--) *to++ = sum(&p, *first++, *second++);
}
