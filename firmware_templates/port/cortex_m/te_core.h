/* Interrupts and sleep of an Arm Cortex-M. */
#ifndef TE_CORE_H
#define TE_CORE_H

static inline void te_interrupts_off(void) {
  __asm__ volatile("cpsid i" ::: "memory");
}

static inline void te_interrupts_on(void) {
  __asm__ volatile("cpsie i" ::: "memory");
}

/* Until an interrupt is pending; to be called with interrupts off. */
static inline void te_sleep(void) {
  __asm__ volatile("dsb\n wfi" ::: "memory");
}

#endif
