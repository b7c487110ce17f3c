/* UART 0 (chapter UART Controller), which holds 128 bytes in each direction. */
#include "chip.h"
#include "esp_riscv.h"
#include "te_board.h"
#include "te_port.h"

#define UART 0x60000000u
#define UART_FIFO TE_REGISTER(UART + 0x00)
#define UART_INT_RAW TE_REGISTER(UART + 0x04)
#define UART_INT_ENA TE_REGISTER(UART + 0x0c)
#define UART_INT_CLR TE_REGISTER(UART + 0x10)
#define UART_CLKDIV TE_REGISTER(UART + 0x14)
#define UART_STATUS TE_REGISTER(UART + 0x1c)
#define UART_CONF0 TE_REGISTER(UART + 0x20)
#define UART_CONF1 TE_REGISTER(UART + 0x24)
#define PAD(pin) TE_REGISTER(IO_MUX + 4 + 4 * (pin))

/* The UART's own divider has 12 bits; slower rates need the one of its clock, too. */
#define CLOCK_DIVIDER ((CRYSTAL_HZ - 1) / (4095u * TE_BAUD) + 1)
#define CLOCK_HZ (CRYSTAL_HZ / CLOCK_DIVIDER)

enum {
  INT_FULL = 1 << 0,
  INT_OVERFLOW = 1 << 4,
  INT_TIMEOUT = 1 << 8, /* bytes wait, fewer than raise INT_FULL */
  RECEIVE = INT_FULL | INT_OVERFLOW | INT_TIMEOUT,
  CONF0_8N1 = 3 << 2 | 1 << 4,
  FULL_BYTES = 64, /* leaves as many byte times for the interrupt to come */
  TIMEOUT_BITS = 20,
  SEND_BYTES = 120,
  PAD_PULLED_UP = 1 << 8,
  PAD_INPUT = 1 << 9,
  PAD_20_MA = 2 << 10, /* and function 0: the UART's */
};

_Static_assert(TE_BAUD <= CRYSTAL_HZ / 16, "the UART takes 16 samples a bit");
_Static_assert(CLOCK_DIVIDER <= 256, "the divider of its clock has 8 bits");

static uint32_t received(void) {
  return UART_STATUS & 0xff;
}

static uint32_t unsent(void) {
  return UART_STATUS >> 16 & 0xff;
}

void te_on_receive(void) {
  if (UART_INT_RAW & INT_OVERFLOW) te_receive_lost();
  UART_INT_CLR = RECEIVE;
  while (received() > 0) te_receive_put((uint8_t)UART_FIFO);
}

void te_uart_start(void) {
  const uint32_t divider = (uint32_t)((UINT64_C(16) * CLOCK_HZ + TE_BAUD / 2) / TE_BAUD);
  for (uint32_t turns = 0; turns < TE_CLOCK_HZ / 100 && unsent() > 0; turns++) {
  } /* what the boot ROM says, at its own rate */
  PAD(TX_PIN) = PAD_20_MA | PAD_PULLED_UP;
  PAD(RX_PIN) = PAD_INPUT | PAD_PULLED_UP;
  te_chip_uart_clock(CLOCK_DIVIDER);
  UART_CLKDIV = divider >> 4 | (divider & 15) << 20;
  UART_CONF0 = CONF0_8N1 | CONF0_MEMORY_CLOCK | CONF0_RESET_FIFOS;
  te_chip_uart_update();
  UART_CONF0 = CONF0_8N1 | CONF0_MEMORY_CLOCK;
  UART_CONF1 = FULL_BYTES | CONF1_TIMEOUT_ON;
  te_chip_uart_timeout(TIMEOUT_BITS);
  te_chip_uart_update();
  UART_INT_CLR = RECEIVE;
}

void te_uart_quiet(bool quiet) {
  UART_INT_ENA = quiet ? 0 : RECEIVE;
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (unsent() >= SEND_BYTES) {
    }
    UART_FIFO = data[i];
  }
}
