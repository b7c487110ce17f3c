/* Areas for models in RAM, of a board whose flash cannot be written while it runs: a restart
 * forgets them. */
#include "te_flash.h"

#include <string.h>

#include "te_slot_bytes.h"

enum { RECORDS = 512 };

static _Alignas(16) uint8_t slots[TE_FLASH_SLOTS][TE_SLOT_BYTES];
static _Alignas(16) uint8_t records[TE_FLASH_RECORDS][RECORDS];

static uint8_t *place(uint32_t area) {
  return area < TE_FLASH_SLOTS ? slots[area] : records[area - TE_FLASH_SLOTS];
}

void te_flash_init(void) {
  memset(slots, 0xFF, sizeof slots);
  memset(records, 0xFF, sizeof records);
}

uint32_t te_flash_bytes(uint32_t area) {
  return area < TE_FLASH_SLOTS ? TE_SLOT_BYTES : RECORDS;
}

const uint8_t *te_flash_at(uint32_t area) {
  return place(area);
}

bool te_flash_erase(uint32_t area) {
  memset(place(area), 0xFF, te_flash_bytes(area));
  return true;
}

bool te_flash_write(uint32_t area, uint32_t offset, const void *data, uint32_t size) {
  memcpy(place(area) + offset, data, size);
  return true;
}

bool te_flash_lasts(void) {
  return false;
}
