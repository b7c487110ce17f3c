#include "te_port.h"
#include "te_tick.h"

#define SYST_CSR TE_REGISTER(0xe000e010)
#define SYST_RVR TE_REGISTER(0xe000e014)
#define SYST_CVR TE_REGISTER(0xe000e018)
#define ICSR TE_REGISTER(0xe000ed04)

enum {
  CSR_ENABLE = 1 << 0,
  CSR_INTERRUPT = 1 << 1,
  CSR_CORE_CLOCK = 1 << 2,
  ICSR_SYSTICK_PENDING = 1 << 26,
  MOST = 0xffffff,
};

static volatile uint32_t wraps;

void te_on_tick(void) {
  wraps++;
}

void te_tick_start(void) {
  SYST_RVR = MOST;
  SYST_CVR = 0; /* any write: begins at RVR, and no interrupt */
  SYST_CSR = CSR_ENABLE | CSR_INTERRUPT | CSR_CORE_CLOCK;
}

void te_tick_clear(void) {
  SYST_CVR = 0;
}

/* The interrupt comes as the counter reaches 0, one tick before it begins anew. */
uint64_t te_port_ticks(void) {
  te_interrupts_off();
  uint32_t count = MOST - SYST_CVR;
  uint32_t turns = wraps;
  if ((ICSR & ICSR_SYSTICK_PENDING) && count < MOST / 2) turns++;
  te_interrupts_on();
  return ((uint64_t)turns << 24) + count;
}
