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

/* The core at TE_CLOCK_HZ, from the PLL that the boot ROM has started. */
void te_clock_start(void);

/* UART 0 on the chip's own pins, clocked by the crystal. */
void te_uart_start(void);
void te_uart_quiet(bool quiet);
void te_on_receive(void);

/* Ends the boot ROM's watchdogs and starts the one of TE_WATCHDOG_S seconds. Reports the watchdog
 * that was the reason for this start as a fault: the serial port has been started. */
void te_watchdog_start(void);

/* Waits until `bits` of a register are 0, as long as that is to be expected. */
static inline void te_await_clear(const volatile uint32_t *at, uint32_t bits) {
  for (uint32_t turns = 0; turns < 10000 && (*at & bits); turns++) {
  }
}

#endif
