/* Interrupts and sleep of an Xtensa core with the interrupt option. */
#ifndef TE_CORE_H
#define TE_CORE_H

#include <stdint.h>

#include "xtensa.h"

#define TE_SR_READ(name)                                \
  __extension__({                                       \
    uint32_t te_value;                                  \
    __asm__ volatile("rsr %0, " name : "=r"(te_value)); \
    te_value;                                           \
  })
#define TE_SR_WRITE(name, value) \
  __asm__ volatile("wsr %0, " name "\n rsync" ::"r"((uint32_t)(value)) : "memory")

static inline void te_interrupts_off(void) {
  uint32_t before;
  __asm__ volatile("rsil %0, 15" : "=r"(before)::"memory");
}

static inline void te_interrupts_on(void) {
  uint32_t before;
  __asm__ volatile("rsil %0, 0" : "=r"(before)::"memory");
}

/* Until a byte has been received; to be called with interrupts off. */
static inline void te_sleep(void) {
  te_await_bytes();
}

#endif
