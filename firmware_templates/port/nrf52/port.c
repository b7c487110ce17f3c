/* nRF52840: crystal, instruction cache, UART. Chapters are those of its product specification. */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

#define CLOCK_HFCLKSTART TE_REGISTER(0x40000000)
#define CLOCK_HFCLKSTARTED TE_REGISTER(0x40000100)
#define NVMC_ICACHECNF TE_REGISTER(0x4001e540)

#define RESETREAS TE_REGISTER(0x40000400)

enum { RESETREAS_WATCHDOG = 1 << 1 };

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

/* The core always has 64 MHz (CLOCK: HFCLK); the crystal makes them, and the baud rate, exact.
 * Flash waits two cycles, which the cache mostly hides (NVMC: instruction cache). */
void te_port_init(void) {
  CLOCK_HFCLKSTART = 1;
  bool good = te_await(&CLOCK_HFCLKSTARTED, 1);
  NVMC_ICACHECNF = 1;
  te_uart_start();
  te_tick_start();
  const uint32_t reset = RESETREAS;
  te_reset_note(reset);
  te_watchdog_start(reset & RESETREAS_WATCHDOG);
  RESETREAS = reset; /* ones clear */
  if (!good) te_fail("the 32 MHz crystal did not start", 0);
}
