/* Arm MPS2 boards with a Cortex-M: CMSDK UART 0, and CMSDK timer 0 as the counter. */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"
#include "te_uart.h"

__attribute__((section(".vectors"), used)) static const te_vector vectors[] = {
    TE_CORE_VECTORS,
    [TE_TICK_VECTOR] = te_on_tick,
    [TE_CORE_VECTOR_COUNT + TE_UART_INTERRUPT] = te_on_receive,
};

void te_port_init(void) {
  te_uart_start();
  te_tick_start();
}
