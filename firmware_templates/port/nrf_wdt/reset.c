/* Why an nRF5 has started: RESETREAS (product specification: POWER, reset reasons). */
#include "cortex_m.h"
#include "te_board.h"
#include "te_port.h"
#include "te_protocol.h"

enum {
  RESETREAS_PIN = 1 << 0,
  RESETREAS_WATCHDOG = 1 << 1,
  RESETREAS_SOFTWARE = 1 << 2,
  RESETREAS_LOCKUP = 1 << 3, /* a fault while a fault was handled */
};

static uint32_t flags;

void te_reset_note(uint32_t found) {
  flags = found;
}

/* Nothing is flagged when the supply has come or was too low; QEMU flags nothing at all. */
uint32_t te_port_reset_cause(void) {
  if (flags & RESETREAS_LOCKUP) return TE_RESET_FAULT;
  if (flags & RESETREAS_WATCHDOG) return TE_RESET_WATCHDOG;
  if (flags & RESETREAS_SOFTWARE) return TE_RESET_SOFTWARE;
  if (flags & RESETREAS_PIN) return TE_RESET_PIN;
  return flags == 0 && !TE_EMULATED ? TE_RESET_POWER : TE_RESET_UNKNOWN;
}
