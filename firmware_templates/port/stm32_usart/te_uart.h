/* A USART of the STM32F1 and F4 families, at TE_UART. */
#ifndef TE_UART_H
#define TE_UART_H

#include <stdint.h>

/* `clock_hz`: of the bus that the USART is on. */
void te_uart_start(uint32_t clock_hz);

/* Interrupt TE_UART_INTERRUPT. */
void te_on_receive(void);

#endif
