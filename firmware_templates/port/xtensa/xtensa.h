/* What a port for an Xtensa microcontroller owes its core.
 *
 * Interrupts only wake the core: the first one switches all of them off (INTENABLE = 0) and
 * returns, so that nothing interrupts an inference and no handler needs a stack. */
#ifndef TE_XTENSA_H
#define TE_XTENSA_H

#include <stdint.h>

/* Hands received bytes to te_receive_put. Sleeps until there are some if there are none. */
void te_await_bytes(void);

/* Ends an emulator, with `code`; returns where it cannot. */
void te_power_off(int code);

/* Instructions of MULSH and MULUH that the core lacks and the exception vector has carried out. */
extern volatile uint32_t te_emulated;

#endif
