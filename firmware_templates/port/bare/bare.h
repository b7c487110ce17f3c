/* What all ports without an operating system share: boot, receive buffer, text of faults. */
#ifndef TE_BARE_H
#define TE_BARE_H

#include <stdint.h>

#define TE_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Not a function: the end of the stack, from the linker script. */
extern void te_stack_top(void);

/* From a stack pointer that is set to main: data, bss, stack paint, constructors. */
_Noreturn void te_boot(void);

/* Whether `pointer` lies in the stack; where it does not, the stack has overflowed. */
int te_in_stack(const void *pointer);

/* Reports a failure and ends; on a real board it reports again and again, for no one may have
 * listened. The serial port has been started. */
_Noreturn void te_fail(const char *text, uint32_t address);

/* Appends `name` and eight hexadecimal digits; returns the new end, where a NUL is due. */
char *te_append_hex(char *to, const char *name, uint32_t value);

/* Adds a received byte; for the receive interrupt. A byte that finds no room is counted. */
void te_receive_put(uint8_t byte);

/* Counts a byte that the hardware lost; for the receive interrupt. */
void te_receive_lost(void);

/* Widens a 32-bit counter: `wraps` so far, `count` read before `pending` (it has wrapped, but
 * its interrupt has not yet run). To be called with interrupts off. */
uint64_t te_widen(uint32_t wraps, uint32_t count, uint32_t pending);

#endif
