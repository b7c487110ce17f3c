/* The limits of a run, as te_mve_limit reads them. */
#ifndef TE_MVE_LIMITS_H
#define TE_MVE_LIMITS_H

#include <stdint.h>

static inline void te_mve_set_limits(int8_t limits[32], int8_t low, int8_t high) {
  for (uint32_t i = 0; i < 16; i++) limits[i] = low;
  for (uint32_t i = 16; i < 32; i++) limits[i] = high;
}

#endif
