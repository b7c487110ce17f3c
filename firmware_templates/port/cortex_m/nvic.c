/* The interrupt controller, and what the application asks of it. */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_uart.h"

#define NVIC_ISER(number) TE_REGISTER(0xe000e100 + 4 * ((number) / 32))
#define NVIC_ICER(number) TE_REGISTER(0xe000e180 + 4 * ((number) / 32))

void te_interrupt_enable(uint32_t number) {
  NVIC_ISER(number) = 1u << number % 32;
}

void te_interrupt_disable(uint32_t number) {
  NVIC_ICER(number) = 1u << number % 32;
  __asm__ volatile("dsb\n isb" ::: "memory");
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

void te_port_quiet(bool quiet) {
  if (!quiet) {
    te_interrupt_enable(TE_UART_INTERRUPT);
    return;
  }
  te_interrupt_disable(TE_UART_INTERRUPT);
  te_tick_clear();
}
