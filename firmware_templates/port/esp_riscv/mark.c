/* The mark on a pin (chapter IO MUX and GPIO Matrix). */
#include "chip.h"
#include "esp_riscv.h"
#include "te_board.h"
#include "te_port.h"

#define GPIO_SET TE_REGISTER(GPIO + 0x08)
#define GPIO_CLEAR TE_REGISTER(GPIO + 0x0c)
#define GPIO_ENABLE_SET TE_REGISTER(GPIO + 0x24)
#define GPIO_OUT_SELECT TE_REGISTER(GPIO + 0x554 + 4 * TE_MARK_PIN)
#define PAD TE_REGISTER(IO_MUX + 4 + 4 * TE_MARK_PIN)

enum {
  SELECT_GPIO = 128, /* what GPIO_SET and GPIO_CLEAR say, not a peripheral's signal */
  PAD_GPIO_20_MA = 1 << 12 | 2 << 10,
};

void te_port_mark_start(void) {
  te_port_mark(false);
  GPIO_OUT_SELECT = SELECT_GPIO;
  GPIO_ENABLE_SET = 1u << TE_MARK_PIN;
  PAD = PAD_GPIO_20_MA;
}

void te_port_mark(bool high) {
  if (high) {
    GPIO_SET = 1u << TE_MARK_PIN;
  } else {
    GPIO_CLEAR = 1u << TE_MARK_PIN;
  }
}
