/* Arm's CMSDK UART at TE_UART. */
#ifndef TE_UART_H
#define TE_UART_H

void te_uart_start(void);

/* Interrupt TE_UART_INTERRUPT. */
void te_on_receive(void);

#endif
