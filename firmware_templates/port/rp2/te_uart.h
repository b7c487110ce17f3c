/* UART 0 of the RP2040 and RP2350: Arm's PL011, which holds 32 bytes in each direction. */
#ifndef TE_UART_H
#define TE_UART_H

#include <stdint.h>

#include "chip.h"

void te_uart_start(uint32_t clock_hz);

/* Interrupt TE_UART_INTERRUPT. */
void te_on_receive(void);

#endif
