/* ESP32-C3 and ESP32-C6 without ESP-IDF: interrupts, time, and what wakes the core. Chapters are
 * those of their technical reference manuals. */
#include "chip.h"
#include "esp_riscv.h"
#include "riscv.h"
#include "te_board.h"
#include "te_core.h"
#include "te_port.h"

#define SOURCE_LINE(source) TE_REGISTER(MATRIX + 4 * (source))
#define LINE_PRIORITY(line) TE_REGISTER(LINE_PRIORITIES + 4 * (line))

/* Timer 0 of timer group 0 (chapter Timer Group). */
#define T0_CONFIG TE_REGISTER(TIMER_GROUP + 0x00)
#define T0_LOW TE_REGISTER(TIMER_GROUP + 0x04)
#define T0_UPDATE TE_REGISTER(TIMER_GROUP + 0x0c)
#define T0_ALARM_LOW TE_REGISTER(TIMER_GROUP + 0x10)
#define T0_ALARM_HIGH TE_REGISTER(TIMER_GROUP + 0x14)
#define T0_LOAD_LOW TE_REGISTER(TIMER_GROUP + 0x18)
#define T0_LOAD_HIGH TE_REGISTER(TIMER_GROUP + 0x1c)
#define T0_LOAD TE_REGISTER(TIMER_GROUP + 0x20)
#define INT_ENABLE TE_REGISTER(TIMER_GROUP + 0x70)
#define INT_CLEAR TE_REGISTER(TIMER_GROUP + 0x7c)

#define T0_UP_FROM_CRYSTAL (UINT32_C(7) << 29 | TIMER_DIVIDER << 13 | 1 << 9) /* reloads, too */
#define T0_UPDATING (UINT32_C(1) << 31)

enum {
  TIMER_DIVIDER = 2,
  TIMER_HZ = CRYSTAL_HZ / TIMER_DIVIDER,
  T0_ALARM_ON = 1 << 10,
  T0_INTERRUPT = 1,
  PRIORITY = 2,
  THRESHOLD = 1,
  COUNT_CYCLES = 1,   /* mpcer: what mpccr counts (chapter RISC-V CPU: performance counter) */
  COUNT_AND_WRAP = 1, /* mpcmr: it does count, and begins anew where it ends */
  /* pmpcfg: locked, so that it binds machine mode, too; a naturally aligned power of two */
  PMP_NOTHING = 0x80 | 3 << 3,
  GUARD_BYTES = 0x80000,
};

/* From the linker script. */
extern uint32_t te_stack_bottom[];

static uint64_t wrapped; /* cycles that the 32-bit counter has lost by beginning anew */
static uint32_t last_count;

void te_power_off(int code) {
  (void)code;
}

/* Nothing lies below RAM, where the stack would overflow to; here that is certain. */
static void guard_stack(void) {
  const uint32_t below = (uint32_t)(uintptr_t)te_stack_bottom - GUARD_BYTES;
  TE_CSR_WRITE("pmpaddr0", below >> 2 | (GUARD_BYTES / 8 - 1));
  TE_CSR_WRITE("pmpcfg0", PMP_NOTHING);
}

/* The cycle counter; to be called with interrupts off, at least each time it has wrapped. */
static uint64_t cycles(void) {
  const uint32_t count = TE_CSR_READ("0x7e2");
  if (count < last_count) wrapped += UINT64_C(1) << 32;
  last_count = count;
  return wrapped | count;
}

/* Once a second, which is sooner than the cycle counter wraps and the watchdog expires. */
static void start_timer(void) {
  T0_LOAD_LOW = 0;
  T0_LOAD_HIGH = 0;
  T0_LOAD = 1;
  T0_ALARM_LOW = TIMER_HZ;
  T0_ALARM_HIGH = 0;
  INT_CLEAR = T0_INTERRUPT;
  INT_ENABLE = T0_INTERRUPT;
  T0_CONFIG = T0_UP_FROM_CRYSTAL | T0_ALARM_ON;
}

static uint32_t timer(void) {
  T0_UPDATE = T0_UPDATING;
  te_await_clear(&T0_UPDATE, T0_UPDATING);
  return T0_LOW;
}

/* Whether the core has at least nearly the clock that the board says. */
static bool fast_enough(void) {
  enum { TICKS = TIMER_HZ / 10000, MOST_TURNS = 100000 };
  const uint32_t start = timer(), count = TE_CSR_READ("0x7e2");
  uint32_t passed = 0;
  for (uint32_t turns = 0; turns < MOST_TURNS && passed < TICKS; turns++) passed = timer() - start;
  const uint32_t least = passed * (TE_CLOCK_HZ / TIMER_HZ);
  return passed >= TICKS && TE_CSR_READ("0x7e2") - count >= least - least / 16;
}

static void route(uint32_t source, uint32_t line) {
  SOURCE_LINE(source) = line;
  LINE_PRIORITY(line) = PRIORITY;
  LINE_ENABLE |= UINT32_C(1) << line;
}

static void start_interrupts(void) {
  LINE_ENABLE = 0;
  LINE_TYPE = 0; /* levels */
  LINE_THRESHOLD = THRESHOLD;
  route(UART_SOURCE, UART_LINE);
  route(TIMER_SOURCE, TIMER_LINE);
  te_chip_lines(1 << UART_LINE | 1 << TIMER_LINE);
}

void te_interrupt(unsigned cause) {
  if (cause == UART_LINE) te_on_receive();
  if (cause != TIMER_LINE) return;
  INT_CLEAR = T0_INTERRUPT;
  T0_CONFIG = T0_UP_FROM_CRYSTAL | T0_ALARM_ON; /* an alarm is off once it has rung */
  cycles();
}

void te_port_init(void) {
  guard_stack();
  te_clock_start();
  TE_CSR_WRITE("0x7e0", COUNT_CYCLES);
  TE_CSR_WRITE("0x7e1", COUNT_AND_WRAP);
  te_uart_start();
  start_timer();
  te_watchdog_start();
  if (!fast_enough()) te_fail("the clock is slower than the board says", 0);
  start_interrupts();
  te_port_quiet(false);
  te_interrupts_on();
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  const uint64_t now = cycles();
  te_interrupts_on();
  return now;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

/* The timer's interrupt stays: once a second, about a microsecond. */
void te_port_quiet(bool quiet) {
  te_uart_quiet(quiet);
  if (!quiet) return;
  te_interrupts_off();
  TE_CSR_WRITE("0x7e2", 0);
  wrapped = last_count = 0;
  te_interrupts_on();
}
