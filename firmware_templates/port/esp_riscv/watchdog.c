/* The watchdog of timer group 0 (chapter Watchdog Timers), which counts milliseconds of the crystal
 * and goes on while the core sleeps; the port's timer wakes it in time. */
#include "chip.h"
#include "esp_riscv.h"
#include "te_log.h"
#include "te_port.h"

#define WDT_CONFIG TE_REGISTER(TIMER_GROUP + 0x48)
#define WDT_PRESCALE TE_REGISTER(TIMER_GROUP + 0x4c)
#define WDT_STAGE_0 TE_REGISTER(TIMER_GROUP + 0x50)
#define WDT_FEED TE_REGISTER(TIMER_GROUP + 0x60)
#define WDT_PROTECT TE_REGISTER(TIMER_GROUP + 0x64)

#define CONFIG_ON (UINT32_C(1) << 31 | (uint32_t)STAGE_RESETS_CHIP << 29)

enum {
  KEY = 0x50d83aa1,
  STAGE_RESETS_CHIP = 3,
  CONFIG_UPDATE = 1 << 22,
  CONFIG_FROM_CRYSTAL = 1 << 21,
  CONFIG_LONG_RESETS = 7 << 15 | 7 << 18,
  MILLISECONDS = 1000,
};

static void configure(uint32_t config) {
  WDT_PROTECT = KEY;
  WDT_PRESCALE = (uint32_t)(CRYSTAL_HZ / MILLISECONDS) << 16;
#ifdef TE_WATCHDOG_S
  WDT_STAGE_0 = TE_WATCHDOG_S * MILLISECONDS;
#endif
  WDT_CONFIG = config | CONFIG_FROM_CRYSTAL | CONFIG_LONG_RESETS;
  WDT_CONFIG = config | CONFIG_FROM_CRYSTAL | CONFIG_LONG_RESETS | CONFIG_UPDATE;
  WDT_FEED = 1;
  WDT_PROTECT = 0;
}

/* The boot ROM watches itself with this one and with the RTC's; the super watchdog always runs,
 * and can be told to feed itself. */
static void end_others(void) {
  RTC_WDT_PROTECT = KEY;
  RTC_WDT_CONFIG = 0;
  RTC_WDT_PROTECT = 0;
  SUPER_WDT_PROTECT = SUPER_WDT_KEY;
  SUPER_WDT_CONFIG |= SUPER_WDT_FEEDS_ITSELF;
  SUPER_WDT_PROTECT = 0;
}

#ifdef TE_WATCHDOG_S

void te_watchdog_start(void) {
  end_others();
  configure(CONFIG_ON);
  if (te_by_watchdog(RESET_CAUSE)) te_fault("a watchdog restarted the firmware", 0);
}

void te_port_alive(void) {
  WDT_PROTECT = KEY;
  WDT_FEED = 1;
  WDT_PROTECT = 0;
}

#else

void te_watchdog_start(void) {
  end_others();
  configure(0);
  if (te_by_watchdog(RESET_CAUSE)) te_fault("a watchdog restarted the firmware", 0);
}

void te_port_alive(void) {}

#endif
