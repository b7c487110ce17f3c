/* Arm MPS2 boards with a Cortex-M: CMSDK UART 0, and CMSDK timer 0 as the counter. */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"

#define TIMER0 0x40000000u
#define TIMER0_CTRL TE_REGISTER(TIMER0 + 0x0)
#define TIMER0_VALUE TE_REGISTER(TIMER0 + 0x4)
#define TIMER0_RELOAD TE_REGISTER(TIMER0 + 0x8)
#define TIMER0_INTERRUPTS TE_REGISTER(TIMER0 + 0xc)
#define UART0 0x40004000u
#define UART0_DATA TE_REGISTER(UART0 + 0x0)
#define UART0_STATE TE_REGISTER(UART0 + 0x4)
#define UART0_CTRL TE_REGISTER(UART0 + 0x8)
#define UART0_INTERRUPTS TE_REGISTER(UART0 + 0xc)
#define UART0_BAUDDIV TE_REGISTER(UART0 + 0x10)

enum {
  UART0_RX_INTERRUPT = 0,
  TIMER0_INTERRUPT = 8,
  VECTORS = TE_CORE_VECTOR_COUNT + TIMER0_INTERRUPT + 1,
  STATE_TX_FULL = 1 << 0,
  STATE_RX_FULL = 1 << 1,
  STATE_RX_OVERRUN = 1 << 3,
  CTRL_TX = 1 << 0,
  CTRL_RX = 1 << 1,
  CTRL_RX_INTERRUPT = 1 << 3,
  INTERRUPT_RX = 1 << 1,
  TIMER_ENABLE = 1 << 0,
  TIMER_INTERRUPT = 1 << 3,
  LEAST_BAUDDIV = 16,
};

static volatile uint32_t wraps; /* of timer 0, which counts down */

static void on_receive(void) {
  UART0_INTERRUPTS = INTERRUPT_RX;
  uint32_t state = UART0_STATE;
  if (state & STATE_RX_OVERRUN) {
    UART0_STATE = STATE_RX_OVERRUN;
    te_receive_lost();
  }
  if (state & STATE_RX_FULL) te_receive_put((uint8_t)UART0_DATA);
}

static void on_wrap(void) {
  while (TIMER0_VALUE < UINT32_MAX / 2) {
  }
  TIMER0_INTERRUPTS = 1;
  wraps++;
}

__attribute__((section(".vectors"), used)) static const te_vector vectors[VECTORS] = {
    TE_CORE_VECTORS,
    [TE_CORE_VECTOR_COUNT + UART0_RX_INTERRUPT] = on_receive,
    [TE_CORE_VECTOR_COUNT + TIMER0_INTERRUPT] = on_wrap,
};

void te_port_init(void) {
  uint32_t divider = (TE_CLOCK_HZ + TE_BAUD / 2) / TE_BAUD;
  UART0_BAUDDIV = divider < LEAST_BAUDDIV ? LEAST_BAUDDIV : divider;
  UART0_CTRL = CTRL_TX | CTRL_RX | CTRL_RX_INTERRUPT;
  TIMER0_RELOAD = UINT32_MAX;
  TIMER0_VALUE = UINT32_MAX;
  TIMER0_CTRL = TIMER_ENABLE | TIMER_INTERRUPT;
  te_interrupt_enable(UART0_RX_INTERRUPT);
  te_interrupt_enable(TIMER0_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (UART0_STATE & STATE_TX_FULL) {
    }
    UART0_DATA = data[i];
  }
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  uint32_t count = UINT32_MAX - TIMER0_VALUE;
  uint64_t ticks = te_widen(wraps, count, TIMER0_INTERRUPTS);
  te_interrupts_on();
  return ticks;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

void te_port_quiet(bool quiet) {
  if (!quiet) {
    te_interrupt_enable(UART0_RX_INTERRUPT);
    return;
  }
  te_interrupt_disable(UART0_RX_INTERRUPT);
  TIMER0_VALUE = UINT32_MAX;
}
