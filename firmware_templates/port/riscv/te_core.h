/* Interrupts and sleep of a RISC-V hart in machine mode. */
#ifndef TE_CORE_H
#define TE_CORE_H

#include <stdint.h>

#define TE_CSR_READ(name)                                \
  __extension__({                                        \
    uint32_t te_value;                                   \
    __asm__ volatile("csrr %0, " name : "=r"(te_value)); \
    te_value;                                            \
  })
#define TE_CSR_WRITE(name, value) \
  __asm__ volatile("csrw " name ", %0" ::"r"((uint32_t)(value)) : "memory")

enum { TE_MSTATUS_MIE = 1 << 3 };

static inline void te_interrupts_off(void) {
  __asm__ volatile("csrc mstatus, %0" ::"i"(TE_MSTATUS_MIE) : "memory");
}

static inline void te_interrupts_on(void) {
  __asm__ volatile("csrs mstatus, %0" ::"i"(TE_MSTATUS_MIE) : "memory");
}

/* Until an interrupt is pending; to be called with interrupts off. */
static inline void te_sleep(void) {
  __asm__ volatile("wfi" ::: "memory");
}

#endif
