#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_uart.h"

#define UART_DR TE_REGISTER(UART0 + 0x00)
#define UART_FR TE_REGISTER(UART0 + 0x18)
#define UART_IBRD TE_REGISTER(UART0 + 0x24)
#define UART_FBRD TE_REGISTER(UART0 + 0x28)
#define UART_LCR_H TE_REGISTER(UART0 + 0x2c)
#define UART_CR TE_REGISTER(UART0 + 0x30)
#define UART_IMSC TE_REGISTER(UART0 + 0x38)
#define UART_ICR TE_REGISTER(UART0 + 0x44)

enum {
  DR_OVERRUN = 1 << 11,
  FR_RX_EMPTY = 1 << 4,
  FR_TX_FULL = 1 << 5,
  LCR_H_FIFO = 1 << 4,
  LCR_H_8_BITS = 3 << 5,
  CR_ENABLE = 1 << 0,
  CR_TX = 1 << 8,
  CR_RX = 1 << 9,
  INTERRUPT_RX = 1 << 4,
  INTERRUPT_RX_TIMEOUT = 1 << 6, /* bytes wait, fewer than raise the other */
};

void te_on_receive(void) {
  UART_ICR = INTERRUPT_RX | INTERRUPT_RX_TIMEOUT;
  while (!(UART_FR & FR_RX_EMPTY)) {
    uint32_t data = UART_DR;
    if (data & DR_OVERRUN) te_receive_lost();
    te_receive_put((uint8_t)data);
  }
}

void te_uart_start(uint32_t clock_hz) {
  uint32_t divider = (uint32_t)((4 * (uint64_t)clock_hz + TE_BAUD / 2) / TE_BAUD); /* 64 * f / 16 */
  UART_IBRD = divider / 64;
  UART_FBRD = divider % 64;
  UART_LCR_H = LCR_H_8_BITS | LCR_H_FIFO;
  UART_CR = CR_ENABLE | CR_TX | CR_RX;
  UART_IMSC = INTERRUPT_RX | INTERRUPT_RX_TIMEOUT;
  te_interrupt_enable(TE_UART_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (UART_FR & FR_TX_FULL) {
    }
    UART_DR = data[i];
  }
}
