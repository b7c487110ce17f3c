/* The mark on a pin of the nRF52840 (product specification: GPIO, registers). */
#include "bare.h"
#include "te_board.h"
#include "te_port.h"

#define GPIO (0x50000000u + 0x300u * (TE_MARK_PIN / 32u))
#define GPIO_OUTSET TE_REGISTER(GPIO + 0x508)
#define GPIO_OUTCLR TE_REGISTER(GPIO + 0x50c)
#define GPIO_PIN_CNF TE_REGISTER(GPIO + 0x700 + 4 * (TE_MARK_PIN % 32u))

enum { PIN_CNF_OUTPUT = 1 | 1 << 1 }; /* output, input buffer off */

void te_port_mark_start(void) {
  te_port_mark(false);
  GPIO_PIN_CNF = PIN_CNF_OUTPUT;
}

void te_port_mark(bool high) {
  if (high) {
    GPIO_OUTSET = 1u << TE_MARK_PIN % 32u;
  } else {
    GPIO_OUTCLR = 1u << TE_MARK_PIN % 32u;
  }
}
