/* What is the ESP32-S3's own. Chapters are those of its technical reference manual, whose
 * versions number them differently. */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#define UART0 0x60000000
#define UART0_TX_FIFO UART0
#define TIMER_GROUP0 0x6001f000
#define RTC_WDT_CONFIG0 0x60008098
#define RTC_WDT_PROTECT 0x600080b0
#define UART_INTERRUPT_MAP 0x600c206c /* INTERRUPT_CORE0_UART_INTR_MAP_REG */

#define CRYSTAL_HZ 40000000u

#define UART_TX_COUNT_MASK 0x3ffu

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "bare.h"
#include "te_board.h"

#define RTC_RESET_STATE TE_REGISTER(0x60008038)
#define SUPER_WDT_CONFIG TE_REGISTER(0x600080b4)
#define SUPER_WDT_PROTECT TE_REGISTER(0x600080b8)
#define SYSTEM_SYSCLK_CONF TE_REGISTER(0x600c0060)
#define FLASH_CLOCK TE_REGISTER(0x60003014) /* SPI_MEM_CLOCK_REG of SPI0 */
#define DCACHE_CTRL1 TE_REGISTER(0x600c4004)
#define UART_CONF1 TE_REGISTER(UART0 + 0x24)
#define UART_CLK_CONF TE_REGISTER(UART0 + 0x78)

#define SUPER_WDT_KEY 0x8f1d312au
#define SUPER_WDT_FEEDS_ITSELF (UINT32_C(1) << 31)

enum {
  RESET_CAUSE = 0x3f,
  RESET_BY_WATCHDOG = 7, /* by timer group 0, of the system */
  RESET_BY_RTC = 0x09,   /* its watchdog, of the system */
  RESET_BY_RTC_WITH_ITSELF = 0x10,
  SOC_CLK_SEL_AND_DIVIDER = 0xfff, /* 0: the crystal, undivided */
  SOC_CLK_PLL = 1 << 10,
  SCLK_FIELDS = 0x3fffff,                 /* source and dividers */
  SCLK_CRYSTAL = 3 << 20,                 /* undivided */
  FLASH_A_QUARTER = 3 << 16 | 1 << 8 | 3, /* of its controller's clock */
  DCACHE_SHUT = 1 << 0,                   /* the window of constants, for core 0 */
  CONF1_RX_TIMEOUT_ENABLE = 1 << 23,      /* its time is set as 10 bits' from reset on */
  CONF1_FULL_AT = 1,
  CONF1_TX_EMPTY_AT = 96 << 10, /* as from reset on */
};

static inline void te_chip_crystal(void) {
  SYSTEM_SYSCLK_CONF &= ~(uint32_t)SOC_CLK_SEL_AND_DIVIDER;
}

/* Behind a controller of 80 MHz half of the 40 MHz that ESP-IDF's bootloader reads with. */
static inline void te_chip_slow_flash(void) {
  FLASH_CLOCK = FLASH_A_QUARTER;
}

static inline uint32_t te_chip_reset_cause(void) {
  return RTC_RESET_STATE & RESET_CAUSE;
}

/* It cannot be told that the firmware goes on, but it can tell itself (Watchdog Timers). */
static inline void te_chip_watchdogs_stop(void) {
  SUPER_WDT_PROTECT = SUPER_WDT_KEY;
  SUPER_WDT_CONFIG |= SUPER_WDT_FEEDS_ITSELF;
  SUPER_WDT_PROTECT = 0;
}

/* Returns the clock of the UART: the crystal's. */
static inline uint32_t te_chip_uart_clock(uint32_t bus_hz) {
  (void)bus_hz;
  UART_CLK_CONF = (UART_CLK_CONF & ~(uint32_t)SCLK_FIELDS) | SCLK_CRYSTAL;
  return CRYSTAL_HZ;
}

static inline void te_chip_uart_interrupts(void) {
  UART_CONF1 = CONF1_FULL_AT | CONF1_TX_EMPTY_AT | CONF1_RX_TIMEOUT_ENABLE;
}

/* Maps `pages` of 64 KB of flash to the window of constants, with the boot ROM's functions
 * (ESP-IDF: esp32s3.rom.ld, esp32s3/rom/cache.h), in the order of ESP-IDF's bootloader
 * (set_cache_and_start_app). The ROM itself has read the firmware through the cache, which stays
 * set up for this flash chip. */
static inline void te_chip_map_flash(uint32_t pages) {
  typedef uint32_t disable(void);
  typedef void enable(uint32_t autoload);
  typedef int map(uint32_t kind, uint32_t address, uint32_t flash, uint32_t page_kb, uint32_t pages,
                  uint32_t fixed);
  const uint32_t autoload = ((disable *)0x40001884)(); /* Cache_Disable_DCache */
  /* Cache_Dbus_MMU_Set, for flash */
  ((map *)0x400019b0)(0, TE_FLASH_ORIGIN, TE_CONSTANTS_AT, 64, pages, 0);
  DCACHE_CTRL1 &= ~(uint32_t)DCACHE_SHUT;
  ((enable *)0x40001890)(autoload); /* Cache_Enable_DCache */
}

#endif
#endif
