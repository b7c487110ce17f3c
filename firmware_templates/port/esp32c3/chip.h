/* Where the ESP32-C3 differs from the ESP32-C6 (technical reference manual: System and Memory). */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#include "bare.h"

#define GPIO 0x60004000u
#define IO_MUX 0x60009000u
#define TIMER_GROUP 0x6001f000u
#define MATRIX 0x600c2000u
#define LINE_ENABLE TE_REGISTER(MATRIX + 0x104)
#define LINE_TYPE TE_REGISTER(MATRIX + 0x108)
#define LINE_PRIORITIES (MATRIX + 0x114)
#define LINE_THRESHOLD TE_REGISTER(MATRIX + 0x194)

#define RTC 0x60008000u
#define RESET_CAUSE TE_REGISTER(RTC + 0x38)
#define RTC_WDT_CONFIG TE_REGISTER(RTC + 0x90)
#define RTC_WDT_PROTECT TE_REGISTER(RTC + 0xa8)
#define SUPER_WDT_CONFIG TE_REGISTER(RTC + 0xac)
#define SUPER_WDT_PROTECT TE_REGISTER(RTC + 0xb0)
#define SUPER_WDT_KEY 0x8f1d312au
#define SUPER_WDT_FEEDS_ITSELF (UINT32_C(1) << 31)

#define UART_MEMORY TE_REGISTER(0x60000060)
#define UART_CLOCK TE_REGISTER(0x60000078)

enum {
  UART_SOURCE = 21,
  TIMER_SOURCE = 32,
  RX_PIN = 20,
  TX_PIN = 21,
  CONF0_MEMORY_CLOCK = 1 << 28,
  CONF0_RESET_FIFOS = 1 << 17 | 1 << 18,
  CONF1_TIMEOUT_ON = 1 << 21,
  MEMORY_128_EACH = 1 << 1 | 1 << 4,
  CLOCK_CRYSTAL = 3 << 20,
  CLOCK_ON = 1 << 22 | 1 << 24 | 1 << 25, /* of the UART, its sender and its receiver */
};

/* All lines that the interrupt controller lets through reach the core: it has no mie. */
static inline void te_chip_lines(uint32_t lines) {
  (void)lines;
}

static inline void te_chip_uart_clock(uint32_t divider) {
  UART_CLOCK = CLOCK_CRYSTAL | CLOCK_ON | (divider - 1) << 12;
}

static inline void te_chip_uart_timeout(uint32_t bits) {
  UART_MEMORY = bits << 16 | MEMORY_128_EACH;
}

static inline void te_chip_uart_update(void) {}

#endif
