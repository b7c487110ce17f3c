/* Why an RP2040 or RP2350 has started. The watchdog's reasons (datasheets 4.7.6 and 12.9.7) are
 * cleared by a reset of the whole chip, as its scratch registers are; CHIP_RESET (2.12.8 and 7.3)
 * tells only which one that was, and goes on telling it after resets that software asks for. */
#include "bare.h"
#include "chip.h"
#include "te_port.h"
#include "te_protocol.h"

#define WATCHDOG_REASON TE_REGISTER(WATCHDOG + 0x08)
#define WATCHDOG_SCRATCH0 TE_REGISTER(WATCHDOG + 0x0c) /* the boot ROM uses 4 to 7 alone */
#define HAD TE_REGISTER(CHIP_RESET)
#define STARTED 0x54454b50u

enum { REASON_TIMER = 1, REASON_FORCE = 2 };

uint32_t te_port_reset_cause(void) {
  const bool again = WATCHDOG_SCRATCH0 == STARTED;
  WATCHDOG_SCRATCH0 = STARTED;
  if (WATCHDOG_REASON & REASON_TIMER) return TE_RESET_WATCHDOG;
  if (again || WATCHDOG_REASON & REASON_FORCE) return TE_RESET_SOFTWARE;
  if (HAD & CHIP_RESET_BROWNOUT) return TE_RESET_BROWNOUT;
  if (HAD & CHIP_RESET_POWER) return TE_RESET_POWER;
  if (HAD & CHIP_RESET_PIN) return TE_RESET_PIN;
  return TE_RESET_UNKNOWN;
}
