/* UART 0 of Espressif's Xtensa chips (chapter UART Controller of their manuals), at the pins and
 * with the format (8N1) that the boot ROM has given it for its own messages. */
#include "bare.h"
#include "chip.h"
#include "esp.h"
#include "te_board.h"
#include "te_port.h"

#define UART(offset) TE_REGISTER(UART0 + (offset))
#define UART_INT_ENA UART(0x0c)
#define UART_INT_CLR UART(UART_INT_CLR_AT)
#define UART_CLKDIV UART(0x14)
#define UART_STATUS UART(UART_STATUS_AT)

enum {
  TX_FIFO_FILL = 126, /* of 128 bytes, as Arduino's driver fills it */
  TX_COUNT_AT = 16,
  CLKDIV_FRACTION_AT = 20,
};

static uint32_t queued(void) {
  return UART_STATUS >> TX_COUNT_AT & UART_TX_COUNT_MASK;
}

void te_uart_finish(void) {
  while (queued() > 0) {
  }
}

void te_uart_start(uint32_t bus_hz) {
  const uint32_t sixteenths = (16u * te_chip_uart_clock(bus_hz) + TE_BAUD / 2) / TE_BAUD;
  UART_CLKDIV = sixteenths / 16 | sixteenths % 16 << CLKDIV_FRACTION_AT;
  te_chip_uart_interrupts();
  UART_INT_CLR = ~0u;
  UART_INT_ENA = UART_RX_FULL | 1u << UART_RX_OVERFLOW_BIT | UART_RX_TIMEOUT;
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (queued() >= TX_FIFO_FILL) {
    }
    TE_REGISTER(UART0_TX_FIFO) = data[i];
  }
}
