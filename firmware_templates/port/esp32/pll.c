/* The PLL of the ESP32, at 480 MHz of a 40 MHz crystal. Its own registers are on a bus inside the
 * chip, which a function of the boot ROM writes to; what they take is ESP-IDF's
 * (esp_hal_clock: esp32/clk_tree_ll.h), like the order and the times (rtc_clk.c). */
#include "chip.h"
#include "esp.h"

#define RTC_OPTIONS0 TE_REGISTER(0x3ff48000)
#define RTC_VOLTAGE TE_REGISTER(0x3ff4807c)
#define EFUSE_LEVELS TE_REGISTER(0x3ff5a014) /* EFUSE_BLK0_RDATA5_REG */
#define CPU_PERIOD TE_REGISTER(0x3ff0003c)   /* DPORT_CPU_PER_CONF_REG */
#define ANALOG_BUS TE_REGISTER(0x6000e044)   /* ANA_CONFIG_REG */

enum {
  BIAS_OFF = 1 << 18,
  PLL_OFF = 1 << 10 | 1 << 8 | 1 << 6, /* the PLL and both its buses */
  BUS_ALL_OFF = 0x3ff << 8,
  BUS_PLL_OFF = 1 << 17,
  CORE_AT = 11, /* while awake: DIG_DBIAS_WAK */
  CORE_MASK = 7,
  CORE_1V25 = 7,
  LOWER_AT = 22, /* how many steps below suffice this chip: VOL_LEVEL_HP_INV */
  LOWER_MASK = 3,
  CPU_240_MHZ = 2,
  PLL = 0x66,
  HOST = 4,
  MHZ = 1000000,
};

typedef void write_register(uint8_t block, uint8_t host, uint8_t at, uint8_t value);

static void write(uint8_t at, uint8_t value) {
  ((write_register *)0x400041a4)(PLL, HOST, at, value); /* rom_i2c_writeReg */
}

/* The PLL's registers as after a reset of the chip. */
static void reset(void) {
  write(0, 0x18);
  write(1, 0x20);
  write(4, 0x9a);
  write(10, 0);
  write(12, 0);
}

static void set_480_mhz(void) {
  write(11, 0xc3);
  write(9, 0x74);
  write(2, 0);
  write(3, 28);
  write(5, 0xc6);
}

/* For 240 MHz, as the chip's fuses say. */
static void raise_voltage(void) {
  const uint32_t level = CORE_1V25 - (EFUSE_LEVELS >> LOWER_AT & LOWER_MASK);
  RTC_VOLTAGE = (RTC_VOLTAGE & ~(uint32_t)(CORE_MASK << CORE_AT)) | level << CORE_AT;
  te_wait_us(10);
}

uint32_t te_pll_start(void) {
  RTC_OPTIONS0 |= PLL_OFF; /* it may run still, where a watchdog has restarted the chip */
  ANALOG_BUS = (ANALOG_BUS | BUS_ALL_OFF) & ~(uint32_t)BUS_PLL_OFF;
  RTC_OPTIONS0 &= ~(uint32_t)(BIAS_OFF | PLL_OFF);
  reset();
  te_wait_us(20); /* over a cycle of the slow clock, by which the RTC goes */
  raise_voltage();
  set_480_mhz();
  te_wait_us(200); /* it says of itself nothing that ESP-IDF would look at */
  return 240 * MHZ;
}

void te_pll_select(uint32_t hz) {
  (void)hz;
  CPU_PERIOD = CPU_240_MHZ;
  RTC_CLK_CONF = (RTC_CLK_CONF & ~(uint32_t)SOC_CLK_SEL) | SOC_CLK_PLL;
  te_wait_us(50);
}
