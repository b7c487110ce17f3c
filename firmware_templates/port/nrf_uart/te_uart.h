/* UART 0 of the nRF51 and nRF52 (the one without DMA), on TE_TX_PIN and TE_RX_PIN. */
#ifndef TE_UART_H
#define TE_UART_H

enum { TE_UART_INTERRUPT = 2 };

void te_uart_start(void);

/* Interrupt TE_UART_INTERRUPT. */
void te_on_receive(void);

#endif
