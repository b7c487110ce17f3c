#include "te_uart.h"

#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"

#define UART0 0x40002000u
#define UART0_STARTRX TE_REGISTER(UART0 + 0x000)
#define UART0_STARTTX TE_REGISTER(UART0 + 0x008)
#define UART0_RXDRDY TE_REGISTER(UART0 + 0x108)
#define UART0_TXDRDY TE_REGISTER(UART0 + 0x11c)
#define UART0_ERROR TE_REGISTER(UART0 + 0x124)
#define UART0_INTENSET TE_REGISTER(UART0 + 0x304)
#define UART0_ERRORSRC TE_REGISTER(UART0 + 0x480)
#define UART0_ENABLE TE_REGISTER(UART0 + 0x500)
#define UART0_PSELTXD TE_REGISTER(UART0 + 0x50c)
#define UART0_PSELRXD TE_REGISTER(UART0 + 0x514)
#define UART0_RXD TE_REGISTER(UART0 + 0x518)
#define UART0_TXD TE_REGISTER(UART0 + 0x51c)
#define UART0_BAUDRATE TE_REGISTER(UART0 + 0x524)

#define GPIO(pin) (0x50000000u + 0x300u * ((pin) / 32u))
#define GPIO_OUTSET(pin) TE_REGISTER(GPIO(pin) + 0x508)
#define GPIO_PIN_CNF(pin) TE_REGISTER(GPIO(pin) + 0x700 + 4 * ((pin) % 32u))

enum {
  PIN_OUTPUT = 3 << 0, /* no input */
  PIN_INPUT_PULLED_UP = 3 << 2,
  INTERRUPT_RXDRDY = 1 << 2,
  INTERRUPT_ERROR = 1 << 9,
  ERRORSRC_OVERRUN = 1 << 0,
  ENABLE_UART = 4,
};

/* The hardware holds six bytes; each raises the event once it is at RXD. */
void te_on_receive(void) {
  if (UART0_ERROR) {
    uint32_t source = UART0_ERRORSRC;
    UART0_ERROR = 0;
    UART0_ERRORSRC = source; /* ones clear */
    if (source & ERRORSRC_OVERRUN) te_receive_lost();
  }
  while (UART0_RXDRDY) {
    UART0_RXDRDY = 0;
    te_receive_put((uint8_t)UART0_RXD);
  }
}

/* The register holds 2^32 times baud rate over 16 MHz, of which the hardware looks at the upper
 * 20 bits (nRF52840 product specification, UART, register BAUDRATE). */
static uint32_t baud_rate(void) {
  uint64_t exact = ((uint64_t)TE_BAUD << 32) / 16000000u;
  return (uint32_t)(exact + 0x800) & ~UINT32_C(0xfff);
}

/* The UART takes the pins as the GPIO has them: RXD needs its input (UART: pin configuration). */
void te_uart_start(void) {
  GPIO_OUTSET(TE_TX_PIN) = 1u << TE_TX_PIN % 32;
  GPIO_PIN_CNF(TE_TX_PIN) = PIN_OUTPUT;
  GPIO_PIN_CNF(TE_RX_PIN) = PIN_INPUT_PULLED_UP;
  UART0_PSELTXD = TE_TX_PIN;
  UART0_PSELRXD = TE_RX_PIN;
  UART0_BAUDRATE = baud_rate();
  UART0_ENABLE = ENABLE_UART;
  UART0_INTENSET = INTERRUPT_RXDRDY | INTERRUPT_ERROR;
  UART0_STARTRX = 1;
  UART0_STARTTX = 1;
  te_interrupt_enable(TE_UART_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    UART0_TXDRDY = 0;
    UART0_TXD = data[i];
    while (!UART0_TXDRDY) {
    }
  }
}
