/* Why an ESP32 or ESP32-S3 has started, in numbers of the chapter Reset and Clock of its technical
 * reference manual. */
#include "chip.h"
#include "te_port.h"
#include "te_protocol.h"

uint32_t te_port_reset_cause(void) {
  switch (te_chip_reset_cause()) {
    case 0x01: /* the whole chip */
      return TE_RESET_POWER;
    case 0x03:
    case 0x0c: /* of the core alone */
      return TE_RESET_SOFTWARE;
    case 0x07: /* timer groups, of system and core */
    case 0x08:
    case 0x0b:
    case 0x11:
    case 0x09: /* the RTC's, of system, core and RTC */
    case 0x0d:
    case 0x10:
    case 0x12: /* the super watchdog */
      return TE_RESET_WATCHDOG;
    case 0x0f:
      return TE_RESET_BROWNOUT;
    default: /* deep sleep, glitches */
      return TE_RESET_UNKNOWN;
  }
}
