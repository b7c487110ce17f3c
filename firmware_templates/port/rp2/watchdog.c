/* The watchdog of the RP2040 (datasheet 4.7) and RP2350 (12.9), which counts microseconds of the
 * crystal and goes on while the core sleeps; SysTick wakes it in time. */
#include "chip.h"
#include "cortex_m.h"
#include "te_log.h"
#include "te_port.h"

#define WATCHDOG_CTRL TE_REGISTER(WATCHDOG + 0x00)
#define WATCHDOG_LOAD TE_REGISTER(WATCHDOG + 0x04)
#define PSM_WDSEL TE_REGISTER(PSM + 0x08)

enum {
  CTRL_ENABLE = 1 << 30,
  CTRL_PAUSE_DEBUG = 7 << 24,
  MICROSECONDS = 1000000,
  CRYSTAL_MHZ = 12,
};

#ifdef TE_WATCHDOG_S

#define LOAD (UINT64_C(1) * TE_WATCHDOG_S * MICROSECONDS * WATCHDOG_STEPS)
_Static_assert(LOAD <= 0xffffff, "the watchdog counts 24 bits");

void te_watchdog_start(bool expired) {
  WATCHDOG_START_TICKS(CRYSTAL_MHZ);
  PSM_WDSEL = PSM_ALL_BUT_OSCILLATORS;
  te_port_alive();
  WATCHDOG_CTRL = CTRL_PAUSE_DEBUG | CTRL_ENABLE;
  if (expired) te_fault("a watchdog restarted the firmware", 0);
}

void te_port_alive(void) {
  WATCHDOG_LOAD = (uint32_t)LOAD;
}

#else

void te_watchdog_start(bool expired) {
  (void)expired;
}

void te_port_alive(void) {}

#endif
