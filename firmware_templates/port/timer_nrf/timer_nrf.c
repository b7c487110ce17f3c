#include "te_port.h"
#include "te_tick.h"

#define TIMER0 0x40008000u
#define TIMER0_START TE_REGISTER(TIMER0 + 0x000)
#define TIMER0_CLEAR TE_REGISTER(TIMER0 + 0x00c)
#define TIMER0_CAPTURE0 TE_REGISTER(TIMER0 + 0x040)
#define TIMER0_COMPARE1 TE_REGISTER(TIMER0 + 0x144)
#define TIMER0_INTENSET TE_REGISTER(TIMER0 + 0x304)
#define TIMER0_MODE TE_REGISTER(TIMER0 + 0x504)
#define TIMER0_BITMODE TE_REGISTER(TIMER0 + 0x508)
#define TIMER0_PRESCALER TE_REGISTER(TIMER0 + 0x510)
#define TIMER0_CC0 TE_REGISTER(TIMER0 + 0x540)
#define TIMER0_CC1 TE_REGISTER(TIMER0 + 0x544)

enum { MODE_TIMER = 0, BITMODE_32 = 3, INTERRUPT_COMPARE1 = 1 << 17 };

static volatile uint32_t wraps;

/* CC1 is 0: the counter has wrapped. */
void te_on_tick(void) {
  TIMER0_COMPARE1 = 0;
  wraps++;
}

void te_tick_start(void) {
  TIMER0_MODE = MODE_TIMER;
  TIMER0_BITMODE = BITMODE_32;
  TIMER0_PRESCALER = 0;
  TIMER0_CLEAR = 1;
  TIMER0_CC1 = 0;
  TIMER0_START = 1;
  TIMER0_COMPARE1 = 0;
  TIMER0_INTENSET = INTERRUPT_COMPARE1;
  te_interrupt_enable(TE_TICK_VECTOR - TE_CORE_VECTOR_COUNT);
}

void te_tick_clear(void) {
  TIMER0_CLEAR = 1;
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  TIMER0_CAPTURE0 = 1;
  uint32_t count = TIMER0_CC0;
  uint64_t ticks = te_widen(wraps, count, TIMER0_COMPARE1);
  te_interrupts_on();
  return ticks;
}
