/* The limits of a run, as te_mve_limit reads them. */
#ifndef TE_MVE_LIMITS_H
#define TE_MVE_LIMITS_H

#include <stdint.h>

static inline void te_mve_set_limits(uint32_t limits[8], int8_t low, int8_t high) {
  const uint32_t least = 0x01010101u * (uint8_t)low, most = 0x01010101u * (uint8_t)high;
  for (uint32_t i = 0; i < 4; i++) {
    limits[i] = least;
    limits[i + 4] = most;
  }
}

#endif
