/* What the ports for Espressif's Xtensa chips share with their interrupt handler. */
#ifndef TE_ESP_H
#define TE_ESP_H

/* Interrupts of the core, both of level 1: one of those for peripherals, and that of CCOMPARE0
 * (chapter Interrupt Matrix: CPU interrupts). */
#define TE_UART_LINE 2
#define TE_TIMER_LINE 6

/* The timer's interrupt comes after so many cycles, often enough for the watchdog. */
#define TE_PERIOD (1 << 26)

/* Offsets in te_interrupt. */
#define TE_TURNS_AT 32
#define TE_WRITTEN_AT 36
#define TE_TAKEN_AT 40
#define TE_LOST_AT 44
#define TE_RING_AT 48
#define TE_RING_SIZE 1024

/* UART registers that the handler uses. */
#define UART_INT_RAW_AT 0x04
#define UART_INT_CLR_AT 0x10
#define UART_STATUS_AT 0x1c
#define UART_RX_FULL 1
#define UART_RX_OVERFLOW_BIT 4
#define UART_RX_TIMEOUT (1 << 8)

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

/* Written by the handler alone, but for `taken`. */
struct te_interrupt {
  uint32_t saved[8]; /* the interrupted program's registers */
  uint32_t turns;    /* of the timer, TE_PERIOD cycles each */
  uint32_t written, taken;
  uint32_t lost; /* bytes that found no room, and times the hardware has lost some */
  uint8_t ring[TE_RING_SIZE];
};
extern volatile struct te_interrupt te_interrupt;

/* The core's clock from now on, in Hz: TE_CLOCK_HZ, or less where the chip does not manage that.
 * The constants in flash have been mapped. Blocks for as long as te_pll_start and about a
 * millisecond; where the clock cannot be measured, for at most 2.4 million cycles more, 60 ms of
 * the crystal's. */
uint32_t te_clock_start(void);

/* Waits, at TE_CLOCK_HZ; longer at a slower clock. */
void te_wait_us(uint32_t us);

/* Starts the PLL, and raises the core's voltage for it, while the core has the crystal's clock.
 * Returns what te_pll_select may make of it; 0: it does not start. Blocks for about a millisecond;
 * an ESP32-S3 looks at most 20,000 times, some milliseconds, whether its PLL has been calibrated.
 */
uint32_t te_pll_start(void);

/* The core at `hz` from the PLL, the bus at 80 MHz. Where no PLL runs, the core stands still. */
void te_pll_select(uint32_t hz);

/* Waits until the boot ROM's messages have left. */
void te_uart_finish(void);

/* UART 0 at TE_BAUD, behind a bus of that clock; receives from then on. */
void te_uart_start(uint32_t bus_hz);

/* Stops those of the boot ROM's watchdogs that have the bus's clock. */
void te_watchdogs_stop(void);

/* Stops the last one, the RTC's, which would restart a core whose clock stands still, and starts
 * the one of TE_WATCHDOG_S seconds, if there is to be one, behind a bus of that clock. */
void te_watchdog_start(uint32_t bus_hz);

#endif
#endif
