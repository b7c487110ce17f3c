/* What the drivers share. */
#ifndef TE_LX6_H
#define TE_LX6_H

#include <stdint.h>

/* words that the kernels' loads run ahead of what they use */
enum { TE_LX6_AHEAD = 2 };

/* `bytes` (a multiple of 2, at an even address) of lanes that hold `zero`. */
static inline void te_lx6_fill(uint8_t *to, uint8_t zero, uint32_t bytes) {
  uint16_t *lanes = (uint16_t *)(void *)to;
  for (uint32_t i = 0; i < bytes / 2; i++) lanes[i] = zero;
}

/* Clamps outputs; CLAMPS has done so to all that int8 can hold. */
static inline void te_lx6_limit(int8_t *output, uint32_t count, int8_t low, int8_t high) {
  if (low == INT8_MIN && high == INT8_MAX) return;
  for (uint32_t i = 0; i < count; i++) {
    const int8_t value = output[i];
    output[i] = value < low ? low : value > high ? high : value;
  }
}

#endif
