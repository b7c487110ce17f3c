/* The mark on a GPIO of the RP2040 and RP2350: their single-cycle IO block (datasheets 2.3.1 and
 * 3.1), which chip.h places. */
#include "bare.h"
#include "chip.h"
#include "te_board.h"
#include "te_port.h"

#define GPIO_CTRL TE_REGISTER(IO_BANK0 + 8 * TE_MARK_PIN + 4)
#define PAD TE_REGISTER(PADS_BANK0 + 4 * TE_MARK_PIN + 4)

enum {
  FUNCTION_SIO = 5,
  PAD_OUTPUT = 0x10, /* 4 mA; no pull, input off; not isolated, output not off */
};

void te_port_mark_start(void) {
  te_port_mark(false);
  TE_REGISTER(SIO_OE_SET) = 1u << TE_MARK_PIN;
  GPIO_CTRL = FUNCTION_SIO;
  PAD = PAD_OUTPUT;
}

void te_port_mark(bool high) {
  TE_REGISTER(high ? SIO_OUT_SET : SIO_OUT_CLR) = 1u << TE_MARK_PIN;
}
