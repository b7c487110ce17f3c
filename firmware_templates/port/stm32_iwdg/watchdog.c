/* The independent watchdog of an STM32 (RM0090 21, RM0008 19), which goes on while the core sleeps,
 * and the SysTick interrupt, which then wakes it in time. */
#include "cortex_m.h"
#include "te_log.h"
#include "te_port.h"
#include "te_tick.h"

#define IWDG_KR TE_REGISTER(0x40003000)
#define IWDG_PR TE_REGISTER(0x40003004)
#define IWDG_RLR TE_REGISTER(0x40003008)
#define SYST_CSR TE_REGISTER(0xe000e010)
#define SYST_RVR TE_REGISTER(0xe000e014)

enum {
  KR_RELOAD = 0xaaaa,
  KR_UNLOCK = 0x5555,
  KR_START = 0xcccc,
  PR_256 = 6,
  LSI_HZ = 32000, /* nominally; 17 to 60 kHz, so the time may be half or twice as long */
  CSR_ENABLE_INTERRUPT = 3,
  SYST_MOST = 0xffffff,
};

#ifdef TE_WATCHDOG_S

_Static_assert(TE_WATCHDOG_S *LSI_HZ / 256 <= 0xfff, "the watchdog counts 32 seconds at most");

void te_watchdog_start(bool expired) {
  IWDG_KR = KR_START;
  IWDG_KR = KR_UNLOCK;
  IWDG_PR = PR_256;
  IWDG_RLR = TE_WATCHDOG_S * LSI_HZ / 256;
  IWDG_KR = KR_RELOAD;
  if (!TE_TICK_WAKES) { /* at an eighth of the core's clock: a second or so */
    SYST_RVR = SYST_MOST;
    SYST_CSR = CSR_ENABLE_INTERRUPT;
  }
  if (expired) te_fault("a watchdog restarted the firmware", 0);
}

void te_port_alive(void) {
  IWDG_KR = KR_RELOAD;
}

#else

void te_watchdog_start(bool expired) {
  (void)expired;
}

void te_port_alive(void) {}

#endif

void te_on_wake(void) {}
