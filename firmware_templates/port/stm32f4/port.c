/* STM32F4, as QEMU's netduinoplus2 emulates it: USART1, and TIM2 as the counter. */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"

#define TIM2 0x40000000u
#define TIM2_CR1 TE_REGISTER(TIM2 + 0x00)
#define TIM2_DIER TE_REGISTER(TIM2 + 0x0c)
#define TIM2_SR TE_REGISTER(TIM2 + 0x10)
#define TIM2_CNT TE_REGISTER(TIM2 + 0x24)
#define TIM2_PSC TE_REGISTER(TIM2 + 0x28)
#define TIM2_ARR TE_REGISTER(TIM2 + 0x2c)
#define USART1 0x40011000u
#define USART1_SR TE_REGISTER(USART1 + 0x00)
#define USART1_DR TE_REGISTER(USART1 + 0x04)
#define USART1_BRR TE_REGISTER(USART1 + 0x08)
#define USART1_CR1 TE_REGISTER(USART1 + 0x0c)

enum {
  TIM2_INTERRUPT = 28,
  USART1_INTERRUPT = 37,
  VECTORS = TE_CORE_VECTOR_COUNT + USART1_INTERRUPT + 1,
  CR1_CEN = 1,
  DIER_UIE = 1,
  SR_UIF = 1,
  SR_ORE = 1 << 3,
  SR_RXNE = 1 << 5,
  SR_TXE = 1 << 7,
  CR1_RE = 1 << 2,
  CR1_TE = 1 << 3,
  CR1_RXNEIE = 1 << 5,
  CR1_UE = 1 << 13,
};

static volatile uint32_t wraps; /* of TIM2 */

static void on_receive(void) {
  uint32_t status = USART1_SR;
  if (status & SR_ORE) te_receive_lost();
  if (status & (SR_RXNE | SR_ORE)) te_receive_put((uint8_t)USART1_DR);
}

/* The emulated flag is set one tick before the wrap. */
static void on_wrap(void) {
  while (TIM2_CNT > UINT32_MAX / 2) {
  }
  TIM2_SR = ~(uint32_t)SR_UIF;
  wraps++;
}

__attribute__((section(".vectors"), used)) static const te_vector vectors[VECTORS] = {
    TE_CORE_VECTORS,
    [TE_CORE_VECTOR_COUNT + TIM2_INTERRUPT] = on_wrap,
    [TE_CORE_VECTOR_COUNT + USART1_INTERRUPT] = on_receive,
};

void te_port_init(void) {
  USART1_BRR = (TE_CLOCK_HZ + TE_BAUD / 2) / TE_BAUD;
  USART1_CR1 = CR1_UE | CR1_TE | CR1_RE | CR1_RXNEIE;
  TIM2_PSC = 0;
  TIM2_ARR = UINT32_MAX;
  TIM2_DIER = DIER_UIE;
  TIM2_CR1 = CR1_CEN;
  te_interrupt_enable(USART1_INTERRUPT);
  te_interrupt_enable(TIM2_INTERRUPT);
}

void te_port_write(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    while (!(USART1_SR & SR_TXE)) {
    }
    USART1_DR = data[i];
  }
}

uint64_t te_port_ticks(void) {
  te_interrupts_off();
  uint32_t count = TIM2_CNT;
  uint64_t ticks = te_widen(wraps, count, TIM2_SR & SR_UIF);
  te_interrupts_on();
  return ticks;
}

uint32_t te_port_ticks_hz(void) {
  return TE_TICK_HZ;
}

void te_port_quiet(bool quiet) {
  if (!quiet) {
    te_interrupt_enable(USART1_INTERRUPT);
    return;
  }
  te_interrupt_disable(USART1_INTERRUPT);
  TIM2_CNT = 0;
}
