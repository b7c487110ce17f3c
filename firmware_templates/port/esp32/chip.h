/* What is the ESP32's own. Chapters are those of its technical reference manual, whose
 * versions number them differently. */
#ifndef TE_CHIP_H
#define TE_CHIP_H

#define UART0 0x3ff40000
/* Bytes to send go there: of those written at UART0, some are lost (errata, CPU-3.3). */
#define UART0_TX_FIFO 0x60000000
#define TIMER_GROUP0 0x3ff5f000
#define RTC_WDT_CONFIG0 0x3ff4808c
#define RTC_WDT_PROTECT 0x3ff480a4
#define UART_INTERRUPT_MAP 0x3ff0018c /* DPORT_PRO_UART_INTR_MAP_REG */

#define CRYSTAL_HZ 40000000u

#define UART_TX_COUNT_MASK 0xffu

#ifndef __ASSEMBLER__

#include <stdint.h>

#include "bare.h"
#include "te_board.h"

#define RTC_RESET_STATE TE_REGISTER(0x3ff48034)
#define RTC_CLK_CONF TE_REGISTER(0x3ff48070)
#define SYSCON_SYSCLK_CONF TE_REGISTER(0x3ff66000)
#define FLASH_CLOCK TE_REGISTER(0x3ff43018) /* SPI_CLOCK_REG of SPI0 */
#define PRO_CACHE_CTRL1 TE_REGISTER(0x3ff00044)
#define UART_CONF1 TE_REGISTER(UART0 + 0x24)

enum {
  RESET_CAUSE = 0x3f,
  RESET_BY_WATCHDOG = 7, /* that of timer group 0 */
  RESET_BY_RTC = 0x09,   /* its watchdog, of the system */
  RESET_BY_RTC_WITH_ITSELF = 0x10,
  SOC_CLK_SEL = 3 << 27, /* 0: the crystal */
  SOC_CLK_PLL = 1 << 27,
  PRE_DIV_CNT = 0x3ff,                    /* 0: undivided */
  FLASH_A_QUARTER = 3 << 12 | 1 << 6 | 3, /* of the bus's clock */
  PRO_CACHE_MASK_DROM0 = 1 << 4,          /* the window of constants is shut */
  CONF1_RX_TIMEOUT = 2 << 24,             /* bytes' time */
  CONF1_FULL_AT = 1,
};
#define CONF1_RX_TIMEOUT_ENABLE (UINT32_C(1) << 31)

static inline void te_chip_crystal(void) {
  RTC_CLK_CONF &= ~(uint32_t)SOC_CLK_SEL;
  SYSCON_SYSCLK_CONF &= ~(uint32_t)PRE_DIV_CNT;
}

/* Behind a bus of 80 MHz 20 MHz again, as the boot ROM has read from it at half of 40: faster, it
 * would need other wait cycles. */
static inline void te_chip_slow_flash(void) {
  FLASH_CLOCK = FLASH_A_QUARTER;
}

/* Maps `pages` of 64 KB of flash to the window of constants, with the boot ROM's functions
 * (ESP-IDF: esp32.rom.ld, esp32/rom/cache.h), in the order of ESP-IDF's bootloader
 * (set_cache_and_start_app). The ROM itself has read the firmware through the cache, which stays
 * set up for this flash chip. */
static inline void te_chip_map_flash(uint32_t pages) {
  typedef void cache_function(int core);
  typedef unsigned map(int core, int process, uint32_t address, uint32_t flash, int page_kb,
                       int pages);
  ((cache_function *)0x40009ab8)(0); /* Cache_Read_Disable_rom */
  ((cache_function *)0x40009a14)(0); /* Cache_Flush_rom */
  ((cache_function *)0x400095a4)(0); /* mmu_init: nothing is mapped */
  ((map *)0x400095e0)(0, 0, TE_FLASH_ORIGIN, TE_CONSTANTS_AT, 64, (int)pages);
  PRO_CACHE_CTRL1 &= ~(uint32_t)PRO_CACHE_MASK_DROM0;
  ((cache_function *)0x40009a84)(0); /* Cache_Read_Enable_rom */
}

static inline uint32_t te_chip_reset_cause(void) {
  return RTC_RESET_STATE & RESET_CAUSE;
}

static inline void te_chip_watchdogs_stop(void) {}

/* Returns the clock of the UART: the bus's. */
static inline uint32_t te_chip_uart_clock(uint32_t bus_hz) {
  return bus_hz;
}

static inline void te_chip_uart_interrupts(void) {
  UART_CONF1 = CONF1_FULL_AT | CONF1_RX_TIMEOUT | CONF1_RX_TIMEOUT_ENABLE;
}

#endif
#endif
