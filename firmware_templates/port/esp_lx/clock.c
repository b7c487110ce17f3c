/* The core's clock: the PLL's, set up in the order of ESP-IDF (esp_hw_support: rtc_clk.c), or the
 * crystal's, where the PLL turns out not to do as it is told. */
#include <stdbool.h>

#include "chip.h"
#include "esp.h"
#include "te_board.h"
#include "te_core.h"

/* Counts the crystal's cycles while some of the RTC's slow clock pass (Timer Group: RTC_SLOW_CLK
 * calibration); it needs no PLL. */
#define CALIBRATION TE_REGISTER(TIMER_GROUP0 + 0x68)
#define CALIBRATION_RESULT TE_REGISTER(TIMER_GROUP0 + 0x6c)
#define CALIBRATION_START (UINT32_C(1) << 31)

enum {
  CALIBRATION_READY = 1 << 15,
  CALIBRATION_CYCLES_AT = 16,
  CALIBRATION_RESULT_AT = 7,
  SLOW_CYCLES = 64, /* about half a millisecond */
  MOST_US = 5000,
  MHZ = 1000000,
};

_Static_assert(TE_CLOCK_HZ == CRYSTAL_HZ || TE_CLOCK_HZ == 240 * MHZ,
               "cpu.clock_hz is the crystal's 40 MHz or 240 MHz from the PLL");

static uint32_t cycles(void) {
  return TE_SR_READ("ccount");
}

void te_wait_us(uint32_t us) {
  const uint32_t begun = cycles();
  while (cycles() - begun < us * (TE_CLOCK_HZ / MHZ)) {
  }
}

/* Cycles of the core until a look at the calibration finds it ready or, with `ready` 0, not ready;
 * 0: it takes too long. */
static uint32_t await_calibration(uint32_t ready) {
  const uint32_t begun = cycles();
  while ((CALIBRATION & CALIBRATION_READY) != ready) {
    if (cycles() - begun > MOST_US * (TE_CLOCK_HZ / MHZ)) return 0;
  }
  return cycles() - begun;
}

/* Whether the core has `hz`, by the crystal's count. The looks take a few cycles of 100,000. */
static bool runs_at(uint32_t hz) {
  CALIBRATION = SLOW_CYCLES << CALIBRATION_CYCLES_AT; /* of the slow clock, once */
  CALIBRATION = SLOW_CYCLES << CALIBRATION_CYCLES_AT | CALIBRATION_START;
  if (await_calibration(0) == 0) return false;
  const uint32_t passed = await_calibration(CALIBRATION_READY);
  const uint32_t expected = (CALIBRATION_RESULT >> CALIBRATION_RESULT_AT) * (hz / CRYSTAL_HZ);
  return expected > 0 && passed > expected - expected / 8 && passed < expected + expected / 8;
}

/* Whether the RTC's watchdog has restarted the chip, which stops once a clock is chosen: the PLL
 * made nothing, and the core stood still. */
static bool stood_still(void) {
  const uint32_t cause = te_chip_reset_cause();
  return cause == RESET_BY_RTC || cause == RESET_BY_RTC_WITH_ITSELF;
}

uint32_t te_clock_start(void) {
  CALIBRATION = 0; /* the one that goes on by itself ends while the PLL starts */
  if (TE_CLOCK_HZ == CRYSTAL_HZ || stood_still()) return CRYSTAL_HZ;
  const uint32_t flash_clock = FLASH_CLOCK;
  te_chip_slow_flash();
  const uint32_t hz = te_pll_start();
  if (hz != 0) {
    te_pll_select(hz);
    if (runs_at(hz)) return hz;
    te_chip_crystal();
    te_wait_us(10); /* the bus has another clock, which the UART is about to have too */
  }
  FLASH_CLOCK = flash_clock;
  return CRYSTAL_HZ;
}
