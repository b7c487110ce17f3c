/* The mark on a pin of the STM32F4 (RM0090 8.4, GPIO registers; 7.3.10, its clocks). */
#include "bare.h"
#include "te_board.h"
#include "te_port.h"

#define RCC_AHB1ENR TE_REGISTER(0x40023830)
#define GPIO (0x40020000u + 0x400u * (TE_MARK_PIN / 16u))
#define GPIO_MODER TE_REGISTER(GPIO + 0x00)
#define GPIO_BSRR TE_REGISTER(GPIO + 0x18)

enum { PIN = TE_MARK_PIN % 16, MODE_OUTPUT = 1 };

void te_port_mark_start(void) {
  RCC_AHB1ENR |= 1u << TE_MARK_PIN / 16;
  te_port_mark(false);
  GPIO_MODER = (GPIO_MODER & ~(3u << 2 * PIN)) | (uint32_t)MODE_OUTPUT << 2 * PIN;
}

void te_port_mark(bool high) {
  GPIO_BSRR = 1u << (high ? PIN : PIN + 16);
}
