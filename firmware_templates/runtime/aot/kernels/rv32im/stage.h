/* From a sum to a byte, and what inner loops share. */
#ifndef TE_RV32_STAGE_H
#define TE_RV32_STAGE_H

#include "rv32im.h"

/* For inner loops whose sums fill the registers. */
#if defined __GNUC__ && !defined __clang__
#define TE_RV32_IN_ORDER __attribute__((noinline, optimize("no-schedule-insns")))
#else
#define TE_RV32_IN_ORDER __attribute__((noinline))
#endif

static inline int8_t te_rv32_byte(const te_rv32_stage *s, uint32_t channel, int32_t sum,
                                  int32_t low, int32_t high) {
  const int32_t scaled = (int32_t)((uint32_t)sum << 8);
  const int32_t product = (int32_t)(((int64_t)scaled * s->multiplier[channel]) >> 32);
  const int32_t constant = scaled < 0 ? s->below[channel] : s->constant[channel];
  const int32_t value = (int32_t)((uint32_t)product + (uint32_t)constant) >> s->shift[channel];
  return (int8_t)(value < low ? low : value > high ? high : value);
}

#endif
