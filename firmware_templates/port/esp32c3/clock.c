/* The core's clock (technical reference manual: Reset and Clock, table CPU Clock Frequency). */
#include "esp_riscv.h"
#include "te_board.h"

#define CPU_CONF TE_REGISTER(0x600c0008)
#define CLOCK_CONF TE_REGISTER(0x600c0058)

enum {
  CPU_160_MHZ = 1,
  CPU_MHZ_MASK = 3,
  CPU_PLL_480_MHZ = 1 << 2,
  CLOCK_DIVIDER_MASK = 0x3ff,
  CLOCK_PLL = 1 << 10,
  CLOCK_SOURCE_MASK = 3 << 10,
};

_Static_assert(TE_CLOCK_HZ == 160000000, "cpu.clock_hz is what the port sets");

/* The PLL of 480 MHz runs since the reset, for USB; at the voltage of reset, as in esptool's
 * flasher stub (set_max_cpu_freq). */
void te_clock_start(void) {
  CPU_CONF = (CPU_CONF & ~(uint32_t)CPU_MHZ_MASK) | CPU_160_MHZ | CPU_PLL_480_MHZ;
  CLOCK_CONF &= ~(uint32_t)CLOCK_DIVIDER_MASK;
  CLOCK_CONF = (CLOCK_CONF & ~(uint32_t)CLOCK_SOURCE_MASK) | CLOCK_PLL;
}
