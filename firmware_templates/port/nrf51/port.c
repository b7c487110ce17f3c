/* nRF51: UART 0, and TIMER0 as the counter. The core runs at 16 MHz from reset on. */
#include "cortex_m.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

#define RESETREAS TE_REGISTER(0x40000400)

enum { RESETREAS_WATCHDOG = 1 << 1 };

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

void te_port_init(void) {
  te_uart_start();
  te_tick_start();
  const uint32_t reset = RESETREAS;
  te_reset_note(reset);
  te_watchdog_start(reset & RESETREAS_WATCHDOG);
  RESETREAS = reset; /* ones clear */
}
