/* The watchdog of an nRF5 (product specification: WDT). It stands still while the core sleeps or a
 * debugger halts it. */
#include "cortex_m.h"
#include "te_log.h"
#include "te_port.h"

#define WDT 0x40010000u
#define WDT_START TE_REGISTER(WDT + 0x000)
#define WDT_CRV TE_REGISTER(WDT + 0x504)
#define WDT_CONFIG TE_REGISTER(WDT + 0x50c)
#define WDT_RELOAD TE_REGISTER(WDT + 0x600)

enum { WDT_HZ = 32768, CONFIG_AWAKE_ONLY = 0, RELOAD = 0x6e524635 };

#ifdef TE_WATCHDOG_S

void te_watchdog_start(bool expired) {
  WDT_CRV = TE_WATCHDOG_S * WDT_HZ - 1;
  WDT_CONFIG = CONFIG_AWAKE_ONLY;
  WDT_START = 1;
  if (expired) te_fault("a watchdog restarted the firmware", 0);
}

void te_port_alive(void) {
  WDT_RELOAD = RELOAD;
}

#else

void te_watchdog_start(bool expired) {
  (void)expired;
}

void te_port_alive(void) {}

#endif
