/* Why the chip has started (ESP-IDF's programming guide: miscellaneous system APIs, reset reason),
 * and memory of its RTC that neither a reset nor a panic clears. */
#include "esp_attr.h"
#include "esp_system.h"
#include "te_port.h"
#include "te_protocol.h"

static RTC_NOINIT_ATTR uint32_t kept[TE_KEPT_BYTES / sizeof(uint32_t)];

void *te_port_kept(void) {
  return kept;
}

uint32_t te_port_reset_cause(void) {
  switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
      return TE_RESET_POWER;
    case ESP_RST_EXT:
      return TE_RESET_PIN;
    case ESP_RST_SW:
      return TE_RESET_SOFTWARE;
    case ESP_RST_PANIC:
      return TE_RESET_FAULT;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
      return TE_RESET_WATCHDOG;
    case ESP_RST_BROWNOUT:
      return TE_RESET_BROWNOUT;
    default:
      return TE_RESET_UNKNOWN;
  }
}
