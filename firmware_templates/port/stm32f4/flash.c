/* Areas for models in flash of the STM32F4 (RM0090 3, RM0390 3): four sectors of 128 KB, from
 * TE_UPDATE_SECTOR on. The core waits while a sector is erased, for 2 s at most. */
#include "te_flash.h"

#include <string.h>

#include "bare.h"
#include "te_board.h"
#include "te_port.h"
#include "te_slot_bytes.h"

#define FLASH_ACR TE_REGISTER(0x40023c00)
#define FLASH_KEYR TE_REGISTER(0x40023c04)
#define FLASH_SR TE_REGISTER(0x40023c0c)
#define FLASH_CR TE_REGISTER(0x40023c10)
#define CR_LOCK (1u << 31)

enum {
  ACR_CACHES = 3 << 9,
  ACR_CACHE_RESETS = 3 << 11,
  SR_ERRORS = 0xf2, /* OPERR, WRPERR, PGAERR, PGPERR, PGSERR */
  SR_BSY = 1 << 16,
  CR_PG = 1 << 0,
  CR_SER = 1 << 1,
  CR_SNB_AT = 3,
  CR_WORDS = 2 << 8, /* 32 bits at once: for supplies of 2.7 to 3.6 V */
  CR_STRT = 1 << 16,
  KEY1 = 0x45670123,
  SECTOR_BYTES = 128 * 1024,
  FIRST_LARGE = 5, /* the sectors before it are smaller */
};

#define KEY2 0xcdef89abu
#define FIRST_LARGE_AT 0x08020000u
#define AREAS_AT (FIRST_LARGE_AT + (TE_UPDATE_SECTOR - FIRST_LARGE) * SECTOR_BYTES)

_Static_assert(TE_UPDATE_SECTOR >= FIRST_LARGE && TE_UPDATE_SECTOR + TE_FLASH_AREAS <= 12,
               "peripherals.update_sector is the first of four sectors of 128 KB: 5 to 8");
_Static_assert(TE_FLASH_ORIGIN + TE_FLASH_BYTES <= AREAS_AT,
               "the firmware ends before the sectors of peripherals.update_sector");
_Static_assert(TE_SLOT_BYTES <= SECTOR_BYTES, "a package fits a slot");

static uint32_t address(uint32_t area) {
  return AREAS_AT + area * SECTOR_BYTES;
}

/* A BSY that stays is the watchdog's. */
static bool finished(void) {
  while (FLASH_SR & SR_BSY) {
  }
  return (FLASH_SR & SR_ERRORS) == 0;
}

/* Sets what `control` says, once no operation runs. A second pair of keys would lock it for good.
 */
static void unlock(uint32_t control) {
  (void)finished();
  if (FLASH_CR & CR_LOCK) {
    FLASH_KEYR = KEY1;
    FLASH_KEYR = KEY2;
  }
  FLASH_SR = SR_ERRORS; /* ones clear */
  FLASH_CR = control;
}

/* What an erased sector held may still be in the caches, which are flushed while off. */
static void flush_caches(void) {
  const uint32_t before = FLASH_ACR;
  FLASH_ACR = before & ~(uint32_t)ACR_CACHES;
  FLASH_ACR = (before & ~(uint32_t)ACR_CACHES) | ACR_CACHE_RESETS;
  FLASH_ACR = before & ~(uint32_t)ACR_CACHES;
  FLASH_ACR = before;
}

void te_flash_init(void) {}

uint32_t te_flash_bytes(uint32_t area) {
  (void)area;
  return SECTOR_BYTES;
}

const uint8_t *te_flash_at(uint32_t area) {
  return (const uint8_t *)(uintptr_t)address(area);
}

bool te_flash_erase(uint32_t area) {
  const uint32_t control = CR_WORDS | CR_SER | (TE_UPDATE_SECTOR + area) << CR_SNB_AT;
  te_port_alive();
  unlock(control);
  FLASH_CR = control | CR_STRT;
  const bool good = finished();
  FLASH_CR = CR_LOCK;
  flush_caches();
  te_port_alive();
  return good;
}

bool te_flash_write(uint32_t area, uint32_t offset, const void *data, uint32_t size) {
  const uint8_t *from = (const uint8_t *)data;
  bool good = true;
  unlock(CR_WORDS | CR_PG);
  for (uint32_t at = 0; at < size && good; at += sizeof(uint32_t)) {
    uint32_t word;
    memcpy(&word, from + at, sizeof word);
    TE_REGISTER(address(area) + offset + at) = word;
    good = finished();
  }
  FLASH_CR = CR_LOCK;
  return good;
}

bool te_flash_lasts(void) {
  return true;
}
