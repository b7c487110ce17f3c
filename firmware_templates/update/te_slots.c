#include "te_slots.h"

#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "te_flash.h"

#define MAGIC 0x52424554u /* "TEBR" */

typedef struct record {
  uint32_t magic;
  uint32_t sequence; /* one more than that of the record before */
  te_slots_state state;
  uint32_t reserved;
  uint32_t crc; /* of all before */
} record;

_Static_assert(sizeof(record) == 32, "records are written in multiples of 16 bytes");

static struct {
  uint32_t area;     /* of the newest record */
  uint32_t next;     /* offset in it where the next one goes */
  uint32_t sequence; /* of the newest record; 0: there is none */
} journal;

static bool slot_exists(int32_t slot) {
  return slot >= TE_SLOT_COMPILED && slot < TE_FLASH_SLOTS;
}

static bool whole(const record *found) {
  return found->magic == MAGIC && slot_exists(found->state.active) &&
         slot_exists(found->state.previous) &&
         found->crc == te_crc32(0, (const uint8_t *)found, offsetof(record, crc));
}

static bool blank(const uint8_t *data) {
  for (uint32_t i = 0; i < sizeof(record); i++) {
    if (data[i] != 0xFF) return false;
  }
  return true;
}

te_slots_state te_slots_load(void) {
  te_slots_state state = {.active = TE_SLOT_COMPILED, .previous = TE_SLOT_COMPILED};
  journal.area = TE_FLASH_SLOTS;
  journal.next = journal.sequence = 0;
  for (uint32_t area = TE_FLASH_SLOTS; area < TE_FLASH_AREAS; area++) {
    const uint8_t *data = te_flash_at(area);
    uint32_t used = 0;
    for (uint32_t at = 0; at + sizeof(record) <= te_flash_bytes(area); at += sizeof(record)) {
      record found;
      memcpy(&found, data + at, sizeof found);
      if (!blank(data + at)) used = at + (uint32_t)sizeof found;
      if (!whole(&found) || found.sequence <= journal.sequence) continue;
      journal.sequence = found.sequence;
      journal.area = area;
      state = found.state;
    }
    if (journal.area == area) journal.next = used; /* behind what a power cut has left, too */
  }
  return state;
}

/* The other area takes over when this one is full; it is erased first, which loses nothing. */
static bool make_room(void) {
  const bool unused = journal.sequence == 0 && journal.next > 0;
  if (!unused && journal.next + sizeof(record) <= te_flash_bytes(journal.area)) return true;
  const uint32_t other = journal.area == TE_FLASH_SLOTS ? TE_FLASH_SLOTS + 1 : TE_FLASH_SLOTS;
  if (!te_flash_erase(other)) return false;
  journal.area = other;
  journal.next = 0;
  return true;
}

bool te_slots_store(const te_slots_state *state) {
  record made = {.magic = MAGIC, .sequence = journal.sequence + 1, .state = *state};
  made.crc = te_crc32(0, (const uint8_t *)&made, offsetof(record, crc));
  if (!make_room()) return false;
  const uint32_t at = journal.next;
  journal.next += (uint32_t)sizeof made;
  if (!te_flash_write(journal.area, at, &made, sizeof made)) return false;
  journal.sequence = made.sequence;
  return true;
}
