/* What a port for an Xtensa microcontroller owes its core: the functions here, and in assembler
 * te_exception, where exceptions and interrupts of level 1 go, with a0 in EXCSAVE1. It knows them
 * by EXCCAUSE; what it does not handle goes on to te_fault_entry, all registers but a0 as they
 * were. It has no stack: a handler touches no register that it does not put back, and calls
 * nothing. */
#ifndef TE_XTENSA_H
#define TE_XTENSA_H

#include <stdint.h>

/* Hands received bytes to te_receive_put. Sleeps until there are some if there are none. */
void te_await_bytes(void);

/* From now on a store to the last 64 bytes of the stack is a fault: the core's data breakpoint 0.
 */
void te_guard_stack(void);

/* Ends an emulator, with `code`; returns where it cannot. */
void te_power_off(int code);

#endif
