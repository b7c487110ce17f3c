/* The watchdog of timer group 0 (chapter Watchdog Timers), which counts half milliseconds of the
 * bus's clock and resets the system. */
#include "bare.h"
#include "chip.h"
#include "esp.h"
#include "te_board.h"
#include "te_port.h"

#define WDT_CONFIG0 TE_REGISTER(TIMER_GROUP0 + 0x48)
#define WDT_CONFIG1 TE_REGISTER(TIMER_GROUP0 + 0x4c)
#define WDT_CONFIG2 TE_REGISTER(TIMER_GROUP0 + 0x50)
#define WDT_FEED TE_REGISTER(TIMER_GROUP0 + 0x60)
#define WDT_PROTECT TE_REGISTER(TIMER_GROUP0 + 0x64)

#define WDT_KEY 0x50d83aa1u

enum {
  STAGE_RESETS_SYSTEM = 3 << 29,
  RESET_LENGTHS = 7 << 18 | 7 << 15,
  PRESCALER_AT = 16,
  STEPS = 2000, /* a second: the prescaler has 16 bits */
};

#define WDT_ENABLE (UINT32_C(1) << 31)

void te_watchdogs_stop(void) {
  WDT_PROTECT = WDT_KEY;
  WDT_CONFIG0 = 0;
  WDT_PROTECT = 0;
  te_chip_watchdogs_stop();
}

static void stop_rtc(void) {
  TE_REGISTER(RTC_WDT_PROTECT) = WDT_KEY;
  TE_REGISTER(RTC_WDT_CONFIG0) = 0;
  TE_REGISTER(RTC_WDT_PROTECT) = 0;
}

#ifdef TE_WATCHDOG_S

void te_watchdog_start(uint32_t bus_hz) {
  stop_rtc();
  WDT_PROTECT = WDT_KEY;
  WDT_CONFIG1 = bus_hz / STEPS << PRESCALER_AT;
  WDT_CONFIG2 = TE_WATCHDOG_S * STEPS;
  WDT_CONFIG0 = WDT_ENABLE | STAGE_RESETS_SYSTEM | RESET_LENGTHS;
  WDT_FEED = 1;
  WDT_PROTECT = 0;
}

void te_port_alive(void) {
  WDT_PROTECT = WDT_KEY;
  WDT_FEED = 1;
  WDT_PROTECT = 0;
}

#else

void te_watchdog_start(uint32_t bus_hz) {
  (void)bus_hz;
  stop_rtc();
}

void te_port_alive(void) {}

#endif
