#include "te_port.h"
#include "te_tick.h"

#define TIMER_CTRL TE_REGISTER(TE_TIMER + 0x0)
#define TIMER_VALUE TE_REGISTER(TE_TIMER + 0x4)
#define TIMER_RELOAD TE_REGISTER(TE_TIMER + 0x8)
#define TIMER_INTERRUPTS TE_REGISTER(TE_TIMER + 0xc)

enum { CTRL_ENABLE = 1 << 0, CTRL_INTERRUPT = 1 << 3 };

static volatile uint32_t wraps;

void te_on_tick(void) {
  while (TIMER_VALUE < UINT32_MAX / 2) {
  }
  TIMER_INTERRUPTS = 1;
  wraps++;
}

void te_tick_start(void) {
  TIMER_RELOAD = UINT32_MAX;
  TIMER_VALUE = UINT32_MAX;
  TIMER_CTRL = CTRL_ENABLE | CTRL_INTERRUPT;
  te_interrupt_enable(TE_TIMER_INTERRUPT);
}

void te_tick_clear(void) {
  TIMER_VALUE = UINT32_MAX;
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  uint32_t count = UINT32_MAX - TIMER_VALUE;
  uint64_t ticks = te_widen(wraps, count, TIMER_INTERRUPTS);
  te_interrupts_on();
  return ticks;
}
