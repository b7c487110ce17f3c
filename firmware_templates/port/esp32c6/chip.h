/* Where the ESP32-C6 differs from the ESP32-C3 (technical reference manual: System and Memory). */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#include "bare.h"
#include "esp_riscv.h"
#include "te_core.h"

#define GPIO 0x60091000u
#define IO_MUX 0x60090000u
#define TIMER_GROUP 0x60008000u
#define MATRIX 0x60010000u
#define PLIC 0x20001000u
#define LINE_ENABLE TE_REGISTER(PLIC + 0x00)
#define LINE_TYPE TE_REGISTER(PLIC + 0x04)
#define LINE_PRIORITIES (PLIC + 0x10)
#define LINE_THRESHOLD TE_REGISTER(PLIC + 0x90)

#define RESET_CAUSE TE_REGISTER(0x600b0410)
#define RTC_WDT_CONFIG TE_REGISTER(0x600b1c00)
#define RTC_WDT_PROTECT TE_REGISTER(0x600b1c18)
#define SUPER_WDT_CONFIG TE_REGISTER(0x600b1c1c)
#define SUPER_WDT_PROTECT TE_REGISTER(0x600b1c20)
#define SUPER_WDT_KEY 0x50d83aa1u
#define SUPER_WDT_FEEDS_ITSELF (UINT32_C(1) << 18)

#define UART_TIMEOUT TE_REGISTER(0x60000064)
#define UART_UPDATE TE_REGISTER(0x60000098)
#define UART_CLOCK TE_REGISTER(0x60096004)

enum {
  UART_SOURCE = 43,
  TIMER_SOURCE = 51,
  RX_PIN = 17,
  TX_PIN = 16,
  CONF0_MEMORY_CLOCK = 1 << 20,
  CONF0_RESET_FIFOS = 1 << 22 | 1 << 23,
  CONF1_TIMEOUT_ON = 0, /* the timeout has a register of its own */
  TIMEOUT_ON = 1,
  CLOCK_CRYSTAL = 3 << 20,
  CLOCK_ON = 1 << 22,
};

static inline void te_chip_lines(uint32_t lines) {
  TE_CSR_WRITE("mie", lines);
}

static inline void te_chip_uart_clock(uint32_t divider) {
  UART_CLOCK = CLOCK_CRYSTAL | CLOCK_ON | (divider - 1) << 12;
}

static inline void te_chip_uart_timeout(uint32_t bits) {
  UART_TIMEOUT = bits << 2 | TIMEOUT_ON;
}

/* Registers of the UART's own clock take effect together. */
static inline void te_chip_uart_update(void) {
  UART_UPDATE = 1;
  te_await_clear(&UART_UPDATE, 1);
}

#endif
