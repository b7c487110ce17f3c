#include "te_uart.h"

#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"

#define USART_SR TE_REGISTER(TE_UART + 0x00)
#define USART_DR TE_REGISTER(TE_UART + 0x04)
#define USART_BRR TE_REGISTER(TE_UART + 0x08)
#define USART_CR1 TE_REGISTER(TE_UART + 0x0c)

enum {
  SR_ORE = 1 << 3,
  SR_RXNE = 1 << 5,
  SR_TXE = 1 << 7,
  CR1_RE = 1 << 2,
  CR1_TE = 1 << 3,
  CR1_RXNEIE = 1 << 5,
  CR1_UE = 1 << 13,
};

void te_on_receive(void) {
  for (uint32_t status = USART_SR; status & (SR_RXNE | SR_ORE); status = USART_SR) {
    const uint8_t byte = (uint8_t)USART_DR; /* which ends ORE, too */
    if (status & SR_ORE) te_receive_lost();
    if (status & SR_RXNE) te_receive_put(byte);
  }
}

void te_uart_start(uint32_t clock_hz) {
  USART_BRR = (clock_hz + TE_BAUD / 2) / TE_BAUD;
  USART_CR1 = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
  te_interrupt_enable(TE_UART_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (!(USART_SR & SR_TXE)) {
    }
    USART_DR = data[i];
  }
}
