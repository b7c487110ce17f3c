/* The interrupt controller. */
#include "cortex_m.h"

#define NVIC_ISER(number) TE_REGISTER(0xe000e100 + 4 * ((number) / 32))
#define NVIC_ICER(number) TE_REGISTER(0xe000e180 + 4 * ((number) / 32))

void te_interrupt_enable(uint32_t number) {
  NVIC_ISER(number) = 1u << number % 32;
}

void te_interrupt_disable(uint32_t number) {
  NVIC_ICER(number) = 1u << number % 32;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
