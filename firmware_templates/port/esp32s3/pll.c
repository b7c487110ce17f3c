/* The PLL of the ESP32-S3, at 480 MHz of a 40 MHz crystal, and the core's voltage. Their own
 * registers are on a bus inside the chip, which functions of the boot ROM write to; what they take
 * is ESP-IDF's (esp_hal_clock: esp32s3/clk_tree_ll.h), like the order and the times (rtc_clk.c,
 * rtc_init.c). */
#include <stdbool.h>

#include "chip.h"
#include "esp.h"
#include "voltage.h"

#define RTC_OPTIONS0 TE_REGISTER(0x60008000)
#define RTC_DATE TE_REGISTER(0x600081fc)
#define CPU_PERIOD TE_REGISTER(0x600c0010) /* SYSTEM_CPU_PER_CONF_REG */
#define ANALOG TE_REGISTER(0x6000e040)     /* I2C_MST_ANA_CONF0_REG */
#define ANALOG_BUS TE_REGISTER(0x6000e044) /* ANA_CONFIG_REG */
#define EFUSE(number) TE_REGISTER(0x60007000 + 4 * (number))

enum {
  PLL_OFF = 1 << 10 | 1 << 8 | 1 << 6, /* the PLL and both its buses */
  BUS_ALL_OFF = 0x3ff << 8,
  BUS_PLL_OFF = 1 << 17,
  CALIBRATION_STOPPED = 1 << 2,
  CALIBRATION_RUNS = 1 << 3,
  CALIBRATION_DONE = 1 << 24,
  REGULATORS_OFF = 0x3f << 13, /* RTC_CNTL_SLAVE_PD: of six that help the core's */
  MOST_LOOKS = 20000,          /* milliseconds */
  PERIOD_MASK = 3,
  PLL_480_MHZ = 1 << 2,
  HOST = 1,
  BAND_GAP = 0x61,
  PLL = 0x66,
  REGULATORS = 0x6d,
  MHZ = 1000000,
};

typedef void write_register(uint8_t block, uint8_t host, uint8_t at, uint8_t value);
typedef void write_mask(uint8_t block, uint8_t host, uint8_t at, uint8_t high, uint8_t low,
                        uint8_t value);

static void write(uint8_t at, uint8_t value) {
  ((write_register *)0x40005d60)(PLL, HOST, at, value); /* rom_i2c_writeReg */
}

/* Bits `high` to `low`. */
static void write_bits(uint8_t block, uint8_t at, uint8_t high, uint8_t low, uint8_t value) {
  ((write_mask *)0x40005d6c)(block, HOST, at, high, low, value); /* rom_i2c_writeReg_Mask */
}

static void set_480_mhz(void) {
  write(4, 0x6b);
  write(2, 5 << 4);
  write(3, 8);
  write_bits(PLL, 5, 2, 0, 0);
  write_bits(PLL, 5, 6, 4, 0);
  write(6, 1 << 6 | 3 << 4 | 3);
  write_bits(PLL, 9, 1, 0, 3);
}

static bool calibrated(void) {
  for (uint32_t looks = 0; looks < MOST_LOOKS; looks++) {
    if (ANALOG & CALIBRATION_DONE) return true;
  }
  return false;
}

/* For 240 MHz, as the chip's fuses say. Without, some chips fail at it, and at 160 (esptool, issues
 * 808 and 832). */
static void raise_voltage(const struct te_voltage *voltage) {
  write_bits(BAND_GAP, 6, 7, 0, voltage->band_gap);
  write_bits(BAND_GAP, 5, 6, 6, 1);
  write_bits(REGULATORS, 13, 2, 2, 0);
  write_bits(REGULATORS, 13, 3, 3, 0);
  write_bits(REGULATORS, 4, 4, 0, voltage->rtc);
  write_bits(REGULATORS, 6, 4, 0, voltage->core);
  te_wait_us(50);
  RTC_DATE &= ~(uint32_t)REGULATORS_OFF;
}

/* 80 MHz where the fuses say nothing: ESP-IDF's bootloader runs so, at the voltage of reset. */
uint32_t te_pll_start(void) {
  const uint32_t fuses[TE_FUSES] = {EFUSE(20), EFUSE(21), EFUSE(22), EFUSE(27)};
  struct te_voltage voltage;
  RTC_OPTIONS0 &= ~(uint32_t)PLL_OFF;
  ANALOG_BUS = (ANALOG_BUS | BUS_ALL_OFF) & ~(uint32_t)BUS_PLL_OFF;
  CPU_PERIOD |= PLL_480_MHZ;
  ANALOG = (ANALOG & ~(uint32_t)CALIBRATION_STOPPED) | CALIBRATION_RUNS;
  set_480_mhz();
  const bool good = calibrated();
  te_wait_us(10);
  ANALOG = (ANALOG & ~(uint32_t)CALIBRATION_RUNS) | CALIBRATION_STOPPED;
  if (!good) return 0;
  if (!te_voltage_of_240_mhz(fuses, &voltage)) return 80 * MHZ;
  raise_voltage(&voltage);
  return 240 * MHZ;
}

static void set_period(uint32_t hz) {
  CPU_PERIOD = (CPU_PERIOD & ~(uint32_t)PERIOD_MASK) | (hz / (80 * MHZ) - 1);
}

/* By way of 80 MHz, as from ESP-IDF's bootloader to its application: straight from the crystal to
 * 240, some chips fail (Zephyr's hal_espressif, pull request 571). */
void te_pll_select(uint32_t hz) {
  set_period(80 * MHZ);
  SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~(uint32_t)SOC_CLK_SEL_AND_DIVIDER) | SOC_CLK_PLL;
  te_wait_us(50);
  set_period(hz);
  te_wait_us(50);
}
