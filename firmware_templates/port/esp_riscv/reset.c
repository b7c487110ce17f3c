/* Why an ESP32-C3 or C6 has started, in numbers of the chapter Reset and Clock of its technical
 * reference manual. */
#include "chip.h"
#include "esp_riscv.h"
#include "te_port.h"
#include "te_protocol.h"

uint32_t te_port_reset_cause(void) {
  const uint32_t cause = RESET_CAUSE & 31;
  if (te_by_watchdog(cause)) return TE_RESET_WATCHDOG;
  switch (cause) {
    case 0x01: /* the whole chip */
      return TE_RESET_POWER;
    case 0x03:
    case 0x0c: /* of the core alone */
      return TE_RESET_SOFTWARE;
    case 0x0f:
      return TE_RESET_BROWNOUT;
    default: /* deep sleep, USB, glitches of clock and supply */
      return TE_RESET_UNKNOWN;
  }
}
