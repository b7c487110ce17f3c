#include "armv7em.h"

void te_v7em_add(const te_v7em_add_params *params, const void *a, const void *b, void *output) {
  params->kernel(params, a, b, output);
}

void te_v7em_flip(const te_v7em_flip_params *params, const void *input, void *output) {
  const uint32_t *from = input;
  uint32_t *to = output;
  uint32_t left = params->words;
#ifndef __OPTIMIZE_SIZE__
  for (; left >= 4; left -= 4, from += 4, to += 4) {
    const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
    to[0] = a ^ 0x80808080u;
    to[1] = b ^ 0x80808080u;
    to[2] = c ^ 0x80808080u;
    to[3] = d ^ 0x80808080u;
  }
#endif
  for (; left > 0; left--) *to++ = *from++ ^ 0x80808080u;
}
