/* What the ports for Arm Cortex-M microcontrollers share: vectors and interrupts. */
#ifndef TE_CORTEX_M_H
#define TE_CORTEX_M_H

#include <stdint.h>

#include "bare.h"
#include "te_core.h"

typedef void (*te_vector)(void);

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

#endif
