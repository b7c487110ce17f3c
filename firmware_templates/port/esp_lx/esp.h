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

/* UART 0 at TE_BAUD; receives from then on. */
void te_uart_start(void);

/* Stops the watchdogs that the boot ROM leaves on. */
void te_watchdogs_stop(void);

/* Starts the watchdog of TE_WATCHDOG_S seconds; without one, nothing. `expired`: whether it was the
 * reason for this start, which is then reported as a fault. The serial port has been started. */
void te_watchdog_start(bool expired);

#endif
#endif
