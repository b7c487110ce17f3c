/* The core's clock (technical reference manual: Reset and Clock, HP system clocks). */
#include "esp_riscv.h"
#include "te_board.h"

#define FLASH_CLOCK_CONF TE_REGISTER(0x6009601c)
#define CLOCK_CONF TE_REGISTER(0x60096110)
#define CPU_CONF TE_REGISTER(0x60096118)
#define AHB_CONF TE_REGISTER(0x6009611c)

enum {
  DIVIDER_MASK = 0xff << 8, /* holds one less than the divider of a clock that comes from the PLL */
  FLASH_80_MHZ = (6 - 1) << 8,
  CPU_160_MHZ = (1 - 1) << 8, /* a third of the PLL comes first */
  AHB_40_MHZ = (4 - 1) << 8,
  CLOCK_PLL = 1 << 16,
  CLOCK_SOURCE_MASK = 3 << 16,
};

_Static_assert(TE_CLOCK_HZ == 160000000, "cpu.clock_hz is what the port sets");

static void divide(volatile uint32_t *at, uint32_t divider) {
  *at = (*at & ~(uint32_t)DIVIDER_MASK) | divider;
}

/* The PLL of 480 MHz runs since the reset, for USB; at the voltage of reset, as in esptool's
 * flasher stub (set_max_cpu_freq). Dividers come first: the flash's would give 120 MHz, too fast
 * for it. */
void te_clock_start(void) {
  divide(&FLASH_CLOCK_CONF, FLASH_80_MHZ);
  divide(&CPU_CONF, CPU_160_MHZ);
  divide(&AHB_CONF, AHB_40_MHZ);
  CLOCK_CONF = (CLOCK_CONF & ~(uint32_t)CLOCK_SOURCE_MASK) | CLOCK_PLL;
}
