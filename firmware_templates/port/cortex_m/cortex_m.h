/* What the ports for Arm Cortex-M microcontrollers share: vectors, interrupts, receive buffer. */
#ifndef TE_CORTEX_M_H
#define TE_CORTEX_M_H

#include <stdint.h>

#define TE_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

typedef void (*te_vector)(void);

/* Not functions: the linker script's names, in the type that a vector table holds. */
extern void te_stack_top(void);

void te_reset(void);
void te_fault_entry(void);

/* The first 16 vectors: stack, reset, faults; calls and ticks that nothing uses are faults too. */
#define TE_CORE_VECTORS                                                                   \
  te_stack_top, te_reset, te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry, \
      te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry,     \
      te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry, te_fault_entry

enum { TE_CORE_VECTOR_COUNT = 16 };

/* Interrupt `number` of the microcontroller (0 is the first after the core's own). */
void te_interrupt_enable(uint32_t number);
void te_interrupt_disable(uint32_t number);

/* Adds a received byte; for the receive interrupt. A byte that finds no room is counted. */
void te_receive_put(uint8_t byte);

/* Counts a byte that the hardware lost; for the receive interrupt. */
void te_receive_lost(void);

/* Widens a 32-bit counter: `wraps` so far, `count` read before `pending` (it has wrapped, but
 * its interrupt has not yet run). To be called with interrupts off. */
uint64_t te_widen(uint32_t wraps, uint32_t count, uint32_t pending);

static inline void te_interrupts_off(void) {
  __asm__ volatile("cpsid i" ::: "memory");
}

static inline void te_interrupts_on(void) {
  __asm__ volatile("cpsie i" ::: "memory");
}

#endif
