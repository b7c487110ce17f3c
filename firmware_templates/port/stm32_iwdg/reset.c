/* Why an STM32 has started: the flags of RCC_CSR (RM0090 7.3.21, RM0390 6.3.21, RM0008 7.3.10). */
#include "cortex_m.h"
#include "te_port.h"
#include "te_protocol.h"

enum {
  CSR_BROWNOUT = 1 << 25, /* none on the STM32F1; set by a power-on reset, too */
  CSR_PIN = 1 << 26,      /* NRST, which every other reset pulls low as well */
  CSR_POWER = 1 << 27,
  CSR_SOFTWARE = 1 << 28,
  CSR_WATCHDOGS = 3 << 29, /* the independent and the window watchdog */
};

static uint32_t flags;

void te_reset_note(uint32_t found) {
  flags = found;
}

uint32_t te_port_reset_cause(void) {
  if (flags & CSR_WATCHDOGS) return TE_RESET_WATCHDOG;
  if (flags & CSR_SOFTWARE) return TE_RESET_SOFTWARE;
  if (flags & CSR_POWER) return TE_RESET_POWER;
  if (flags & CSR_BROWNOUT) return TE_RESET_BROWNOUT;
  if (flags & CSR_PIN) return TE_RESET_PIN;
  return TE_RESET_UNKNOWN; /* low-power management; QEMU, which has no flags */
}
