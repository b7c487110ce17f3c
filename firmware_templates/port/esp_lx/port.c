/* Espressif's Xtensa chips without ESP-IDF: what the boot ROM has loaded runs on one core.
 * chip.h and pll.c say what the two differ in. The other core stays in reset. */
#include <stddef.h>

#include "bare.h"
#include "chip.h"
#include "esp.h"
#include "te_board.h"
#include "te_core.h"
#include "te_log.h"
#include "te_port.h"
#include "te_protocol.h"

#define PAGE_BYTES 0x10000u /* of flash, in the window of constants */

_Static_assert(TE_TICK_HZ == TE_CLOCK_HZ, "a tick is a cycle");
_Static_assert(TE_RING_SIZE >= TE_WINDOW, "all that the host sends at once has room");
_Static_assert(offsetof(struct te_interrupt, turns) == TE_TURNS_AT, "see interrupt.S");
_Static_assert(offsetof(struct te_interrupt, written) == TE_WRITTEN_AT, "see interrupt.S");
_Static_assert(offsetof(struct te_interrupt, taken) == TE_TAKEN_AT, "see interrupt.S");
_Static_assert(offsetof(struct te_interrupt, lost) == TE_LOST_AT, "see interrupt.S");
_Static_assert(offsetof(struct te_interrupt, ring) == TE_RING_AT, "see interrupt.S");

_Static_assert(TE_CONSTANTS_AT % PAGE_BYTES == 0, "flash is mapped by the page");

enum { TIMER = 1 << TE_TIMER_LINE, UART = 1 << TE_UART_LINE, PLL_BUS_HZ = 80000000 };

/* From the linker script: what is in flash. */
extern const uint8_t te_constants_start[], te_constants_end[];

volatile struct te_interrupt te_interrupt;
static uint32_t lost;
static uint32_t core_hz;

void te_power_off(int code) {
  (void)code;
}

static void start_ticks(void) {
  te_interrupt.turns = 0;
  TE_SR_WRITE("ccompare0", TE_SR_READ("ccount") + TE_PERIOD);
}

/* What the start has to tell. Only firmware with a watchdog of its own tells that one was the
 * cause. */
static void tell(void) {
#ifdef TE_WATCHDOG_S
  if (te_chip_reset_cause() == RESET_BY_WATCHDOG) {
    te_fault("a watchdog restarted the firmware", 0);
  }
#endif
  if (core_hz == CRYSTAL_HZ && TE_CLOCK_HZ != CRYSTAL_HZ) {
    te_log("the PLL does not work: the core has the crystal's 40 MHz");
  } else if (core_hz != TE_CLOCK_HZ) {
    te_log("the fuses tell no voltage for 240 MHz: the core has 80 MHz");
  }
}

void te_port_init(void) {
  te_guard_stack();
  te_watchdogs_stop();
  te_uart_finish();
  te_chip_crystal();
  te_chip_map_flash(((uint32_t)(te_constants_end - te_constants_start) + PAGE_BYTES - 1) /
                    PAGE_BYTES);
  core_hz = te_clock_start();
  const uint32_t bus_hz = core_hz == CRYSTAL_HZ ? CRYSTAL_HZ : PLL_BUS_HZ;
  te_uart_start(bus_hz);
  TE_REGISTER(UART_INTERRUPT_MAP) = TE_UART_LINE;
  start_ticks();
  te_port_quiet(false);
  te_interrupts_on();
  te_watchdog_start(bus_hz);
  tell();
}

/* Interrupts are off, so that one that comes after the look at the ring ends the sleep. */
void te_await_bytes(void) {
  if (te_interrupt.written == te_interrupt.taken) {
    __asm__ volatile("waiti 0" ::: "memory");
    te_interrupts_off();
  }
  for (; lost != te_interrupt.lost; lost++) te_receive_lost();
  while (te_interrupt.written != te_interrupt.taken) {
    te_receive_put(te_interrupt.ring[te_interrupt.taken % TE_RING_SIZE]);
    te_interrupt.taken++;
  }
}

/* CCOMPARE0 is the end of the period that counts; while its interrupt waits, the difference goes on
 * beyond a period, and just after it, it may be a little below 0. */
uint64_t te_port_ticks(void) {
  te_interrupts_off();
  const uint32_t begun = TE_SR_READ("ccompare0") - TE_PERIOD;
  const int32_t since = (int32_t)(TE_SR_READ("ccount") - begun);
  const uint64_t whole = (uint64_t)te_interrupt.turns * TE_PERIOD;
  te_interrupts_on();
  return whole + (uint64_t)(int64_t)since;
}

uint32_t te_port_ticks_hz(void) {
  return core_hz;
}

/* The timer's interrupt stays on: it begins with the ticks, and so takes as long every time. */
void te_port_quiet(bool quiet) {
  TE_SR_WRITE("intenable", quiet ? TIMER : TIMER | UART);
  if (quiet) start_ticks();
}
