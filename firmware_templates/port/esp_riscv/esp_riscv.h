/* What the parts of the ports for Espressif's RISC-V chips owe each other. */
#ifndef TE_ESP_RISCV_H
#define TE_ESP_RISCV_H

#include <stdbool.h>
#include <stdint.h>

#include "bare.h"

enum {
  CRYSTAL_HZ = 40000000,
  /* The core's lines for interrupts, of 1 to 31; the interrupt matrix takes sources to them. */
  UART_LINE = 8,
  TIMER_LINE = 9,
};

/* The core at TE_CLOCK_HZ, from the PLL that runs since the reset. */
void te_clock_start(void);

/* UART 0 on the chip's own pins, clocked by the crystal. */
void te_uart_start(void);
void te_uart_quiet(bool quiet);
void te_on_receive(void);

/* Ends the boot ROM's watchdogs and starts the one of TE_WATCHDOG_S seconds. Reports the watchdog
 * that was the reason for this start as a fault: the serial port has been started. */
void te_watchdog_start(void);

/* Why the chip has started (chapter Reset and Clock): whether a watchdog is behind RESET_CAUSE. */
static inline bool te_by_watchdog(uint32_t cause) {
  enum { MAIN_0 = 0x07, MAIN_1 = 0x08, RTC_WDT = 0x09, RTC_WDT_ALL = 0x10, SUPER = 0x12 };
  enum { MAIN_0_CORE = 0x0b, RTC_WDT_CORE = 0x0d, MAIN_1_CORE = 0x11 }; /* of the core alone */
  const uint32_t watchdogs = 1u << MAIN_0 | 1u << MAIN_1 | 1u << RTC_WDT | 1u << RTC_WDT_ALL |
                             1u << SUPER | 1u << MAIN_0_CORE | 1u << RTC_WDT_CORE |
                             1u << MAIN_1_CORE;
  return watchdogs >> (cause & 31) & 1;
}

/* Waits until `bits` of a register are 0, as long as that is to be expected. */
static inline void te_await_clear(const volatile uint32_t *at, uint32_t bits) {
  for (uint32_t turns = 0; turns < 10000 && (*at & bits); turns++) {
  }
}

#endif
