#include "te_port.h"
#include "te_tick.h"

#define TIM2 0x40000000u
#define TIM2_CR1 TE_REGISTER(TIM2 + 0x00)
#define TIM2_DIER TE_REGISTER(TIM2 + 0x0c)
#define TIM2_SR TE_REGISTER(TIM2 + 0x10)
#define TIM2_CNT TE_REGISTER(TIM2 + 0x24)
#define TIM2_PSC TE_REGISTER(TIM2 + 0x28)
#define TIM2_ARR TE_REGISTER(TIM2 + 0x2c)

enum { CR1_CEN = 1, DIER_UIE = 1, SR_UIF = 1, MOST_LOOKS = 100 };

static volatile uint32_t wraps;

/* QEMU 7.2 sets the flag one tick before the wrap, and, once the count was set, late by the time at
 * which that was done: a flag that is far from the wrap is none. */
void te_on_tick(void) {
  for (uint32_t looks = 0; looks < MOST_LOOKS && TIM2_CNT > UINT32_MAX / 2; looks++) {
  }
  const bool wrapped = TIM2_CNT <= UINT32_MAX / 2;
  TIM2_SR = ~(uint32_t)SR_UIF;
  if (wrapped) wraps++;
}

void te_tick_start(void) {
  TIM2_PSC = 0;
  TIM2_ARR = UINT32_MAX;
  TIM2_DIER = DIER_UIE;
  TIM2_CR1 = CR1_CEN;
  te_interrupt_enable(TE_TICK_VECTOR - TE_CORE_VECTOR_COUNT);
}

void te_tick_clear(void) {
  TIM2_CNT = 0;
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  uint32_t count = TIM2_CNT;
  uint64_t ticks = te_widen(wraps, count, TIM2_SR & SR_UIF);
  te_interrupts_on();
  return ticks;
}
