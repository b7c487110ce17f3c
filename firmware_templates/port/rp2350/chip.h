/* Addresses of the RP2350 (datasheet 2.2), its UART 0 interrupt (3.2), reset bits (7.5.3) and a
 * system PLL for 150 MHz: 12 MHz * 125 / 5 / 2 (8.6.3). */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#define RESETS 0x40020000u
#define CLOCKS 0x40010000u
#define XOSC 0x40048000u
#define PLL_SYS 0x40050000u
#define IO_BANK0 0x40028000u
#define PADS_BANK0 0x40038000u
#define SIO_OUT_SET 0xd0000018u
#define SIO_OUT_CLR 0xd0000020u
#define SIO_OE_SET 0xd0000038u
#define WATCHDOG 0x400d8000u
#define PSM 0x40018000u
#define TICKS 0x40108000u
#define UART0 0x40070000u
#define CHIP_RESET 0x4010002cu

enum {
  TE_UART_INTERRUPT = 33,
  RESET_IO_BANK0 = 1 << 6,
  RESET_PADS_BANK0 = 1 << 9,
  RESET_PLL_SYS = 1 << 14,
  RESET_UART0 = 1 << 26,
  PLL_MULTIPLIER = 125,
  PLL_DIVIDERS = 5 << 16 | 2 << 12,
  PLL_HZ = 150000000,
  CHIP_RESET_POWER = 1 << 16, /* POWMAN (6.4) */
  CHIP_RESET_BROWNOUT = 1 << 17,
  CHIP_RESET_PIN = 1 << 18,
  PSM_ALL_BUT_OSCILLATORS = 0x1fffff3,
  WATCHDOG_STEPS = 1, /* of its counter, a microsecond */
};

/* 150 MHz need no more than the voltage of reset. */
static inline void te_chip_raise_voltage(void) {}

/* A tick of the watchdog every so many cycles of the reference clock (8.5). */
#define WATCHDOG_START_TICKS(cycles) \
  (TE_REGISTER(TICKS + 0x34) = (cycles), TE_REGISTER(TICKS + 0x30) = 1)

#endif
