/* Addresses of the RP2040 (datasheet 2.2), its UART 0 interrupt (2.3.2), reset bits (2.14.3) and a
 * system PLL for 200 MHz, 12 MHz * 100 / 6 / 1, or 133 MHz, 12 MHz * 133 / 6 / 2 (2.18.2). */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#include "bare.h"
#include "te_board.h"

#define RESETS 0x4000c000u
#define CLOCKS 0x40008000u
#define XOSC 0x40024000u
#define PLL_SYS 0x40028000u
#define IO_BANK0 0x40014000u
#define PADS_BANK0 0x4001c000u
#define SIO_OUT_SET 0xd0000014u
#define SIO_OUT_CLR 0xd0000018u
#define SIO_OE_SET 0xd0000024u
#define WATCHDOG 0x40058000u
#define PSM 0x40010000u
#define UART0 0x40034000u
#define VREG 0x40064000u
#define CHIP_RESET 0x40064008u

#define PLL_HZ (TE_CLOCK_HZ == 133000000u ? 133000000u : 200000000u)

enum {
  TE_UART_INTERRUPT = 20,
  RESET_IO_BANK0 = 1 << 5,
  RESET_PADS_BANK0 = 1 << 8,
  RESET_PLL_SYS = 1 << 12,
  RESET_UART0 = 1 << 22,
  PLL_MULTIPLIER = PLL_HZ == 133000000u ? 133 : 100,
  PLL_DIVIDERS = 6 << 16 | (PLL_HZ == 133000000u ? 2 : 1) << 12,
  VREG_1V15 = 12 << 4, /* 1.10 V after reset (2.10) */
  VREG_ENABLE = 1,
  CHIP_RESET_POWER = 1 << 8, /* or brownout, which it does not tell apart (2.12.8) */
  CHIP_RESET_BROWNOUT = 0,
  CHIP_RESET_PIN = 1 << 16,
  PSM_ALL_BUT_OSCILLATORS = 0x1fffc,
  WATCHDOG_STEPS = 2, /* of its counter, a microsecond (erratum RP2040-E1) */
};

/* For 200 MHz, which Raspberry Pi allows from 1.15 V on (pico-sdk 2.1.1, release notes); over a
 * millisecond of the crystal's clock, as its SDK waits. */
static inline void te_chip_raise_voltage(void) {
  if (PLL_HZ == 133000000u) return;
  TE_REGISTER(VREG) = VREG_1V15 | VREG_ENABLE;
  for (volatile uint32_t turns = 0; turns < 12000; turns++) {
  }
}

/* A tick of the watchdog every so many cycles of the reference clock (4.7.2). */
#define WATCHDOG_START_TICKS(cycles) (TE_REGISTER(WATCHDOG + 0x2c) = 1 << 9 | (cycles))

#endif
