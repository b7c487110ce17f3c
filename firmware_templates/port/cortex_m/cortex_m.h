/* What the ports for Arm Cortex-M microcontrollers share: vectors and interrupts. */
#ifndef TE_CORTEX_M_H
#define TE_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"
#include "te_board.h"
#include "te_core.h"

typedef void (*te_vector)(void);

void te_reset(void);
void te_fault_entry(void);

/* The first 15 vectors: stack, reset, faults; calls that nothing uses are faults too. The 16th is
 * SysTick's. */
#define TE_CORE_VECTORS                                                                   \
  te_stack_top, te_reset, te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry, \
      te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry,     \
      te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry

enum { TE_CORE_VECTOR_COUNT = 16 };

/* Interrupt `number` of the microcontroller (0 is the first after the core's own). */
void te_interrupt_enable(uint32_t number);
void te_interrupt_disable(uint32_t number);

/* The counter behind te_port_ticks, which one of the timer_* folders implements: begins to count,
 * is set back to 0, and its interrupt, if it has one (vector TE_TICK_VECTOR of te_tick.h). */
void te_tick_start(void);
void te_tick_clear(void);
void te_on_tick(void);

/* SysTick, where it only wakes the core. */
void te_on_wake(void);

/* Starts the watchdog of TE_WATCHDOG_S seconds; without one, nothing. `expired`: whether it was the
 * reason for this start, which is then reported as a fault. The serial port has been started. */
void te_watchdog_start(bool expired);

/* Keeps what a chip says of its reset before te_port_init clears it, for te_port_reset_cause. */
#if TE_COUNTS_RESETS
void te_reset_note(uint32_t flags);
#else
static inline void te_reset_note(uint32_t flags) {
  (void)flags;
}
#endif

/* Waits until one of `bits` of a register is set. Returns false after far longer than any clock
 * needs to start. */
static inline bool te_await(const volatile uint32_t *at, uint32_t bits) {
  for (uint32_t turns = 0; turns < 1000000; turns++) {
    if (*at & bits) return true;
  }
  return false;
}

#endif
