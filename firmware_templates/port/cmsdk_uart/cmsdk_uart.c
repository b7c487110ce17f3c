#include "te_uart.h"

#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"

#define UART_DATA TE_REGISTER(TE_UART + 0x0)
#define UART_STATE TE_REGISTER(TE_UART + 0x4)
#define UART_CTRL TE_REGISTER(TE_UART + 0x8)
#define UART_INTERRUPTS TE_REGISTER(TE_UART + 0xc)
#define UART_BAUDDIV TE_REGISTER(TE_UART + 0x10)

enum {
  STATE_TX_FULL = 1 << 0,
  STATE_RX_FULL = 1 << 1,
  STATE_RX_OVERRUN = 1 << 3,
  CTRL_TX = 1 << 0,
  CTRL_RX = 1 << 1,
  CTRL_RX_INTERRUPT = 1 << 3,
  INTERRUPT_RX = 1 << 1,
  LEAST_BAUDDIV = 16,
};

void te_on_receive(void) {
  UART_INTERRUPTS = INTERRUPT_RX;
  uint32_t state = UART_STATE;
  if (state & STATE_RX_OVERRUN) {
    UART_STATE = STATE_RX_OVERRUN;
    te_receive_lost();
  }
  if (state & STATE_RX_FULL) te_receive_put((uint8_t)UART_DATA);
}

void te_uart_start(void) {
  uint32_t divider = (TE_CLOCK_HZ + TE_BAUD / 2) / TE_BAUD;
  UART_BAUDDIV = divider < LEAST_BAUDDIV ? LEAST_BAUDDIV : divider;
  UART_CTRL = CTRL_TX | CTRL_RX | CTRL_RX_INTERRUPT;
  te_interrupt_enable(TE_UART_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (UART_STATE & STATE_TX_FULL) {
    }
    UART_DATA = data[i];
  }
}
