/* QEMU's virt machine: a 16550 UART behind a PLIC, and the hart's instruction counter. */
#include "bare.h"
#include "riscv.h"
#include "te_board.h"
#include "te_core.h"
#include "te_port.h"

#define UART 0x10000000u
#define UART_REGISTER(number) (*(volatile uint8_t *)(uintptr_t)(UART + (number)))
#define UART_DATA UART_REGISTER(0)
#define UART_IER UART_REGISTER(1)
#define UART_FCR UART_REGISTER(2)
#define UART_LCR UART_REGISTER(3)
#define UART_LSR UART_REGISTER(5)
#define PLIC 0x0c000000u
#define PLIC_PRIORITY(source) TE_REGISTER(PLIC + 4 * (source))
#define PLIC_ENABLE TE_REGISTER(PLIC + 0x2000)
#define PLIC_THRESHOLD TE_REGISTER(PLIC + 0x200000)
#define PLIC_CLAIM TE_REGISTER(PLIC + 0x200004)
#define TEST_FINISHER TE_REGISTER(0x100000)

enum {
  UART_INTERRUPT = 10,
  IER_RX = 1,
  FCR_ENABLE = 1,
  LCR_8N1 = 3,
  LSR_READY = 1,
  LSR_OVERRUN = 2,
  LSR_TX_EMPTY = 1 << 5,
  MIE_EXTERNAL = 1 << 11,
  EXTERNAL = 11,
  FINISHER_PASS = 0x5555,
  FINISHER_FAIL = 0x3333,
  /* pmpcfg: locked, so that it binds machine mode, too; a naturally aligned power of two */
  PMP_READ_EXECUTE = 0x80 | 3 << 3 | 4 | 1,
};

void te_power_off(int code) {
  TEST_FINISHER = code == 0 ? FINISHER_PASS : (uint32_t)code << 16 | FINISHER_FAIL;
}

void te_interrupt(unsigned cause) {
  if (cause != EXTERNAL) return;
  const uint32_t source = PLIC_CLAIM;
  for (uint8_t status = UART_LSR; status & LSR_READY; status = UART_LSR) {
    if (status & LSR_OVERRUN) te_receive_lost();
    te_receive_put(UART_DATA);
  }
  PLIC_CLAIM = source;
}

/* Flash and RAM are one memory here: what lies in "flash", below the stack, becomes read-only. */
static void protect_flash(void) {
  TE_CSR_WRITE("pmpaddr0", TE_FLASH_ORIGIN >> 2 | (TE_FLASH_BYTES / 8 - 1));
  TE_CSR_WRITE("pmpcfg0", PMP_READ_EXECUTE);
}

void te_port_init(void) {
  protect_flash();
  UART_LCR = LCR_8N1;
  UART_FCR = FCR_ENABLE;
  UART_IER = IER_RX;
  PLIC_PRIORITY(UART_INTERRUPT) = 1;
  PLIC_ENABLE = 1u << UART_INTERRUPT;
  PLIC_THRESHOLD = 0;
  te_port_quiet(false);
  te_interrupts_on();
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (!(UART_LSR & LSR_TX_EMPTY)) {
    }
    UART_DATA = data[i];
  }
}

uint64_t te_port_ticks(void) {
  uint32_t high, low;
  do {
    high = TE_CSR_READ("minstreth");
    low = TE_CSR_READ("minstret");
  } while (high != TE_CSR_READ("minstreth"));
  return (uint64_t)high << 32 | low;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

void te_port_quiet(bool quiet) {
  TE_CSR_WRITE("mie", quiet ? 0 : MIE_EXTERNAL);
}
