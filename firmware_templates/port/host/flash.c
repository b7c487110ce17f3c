/* A model of flash for models, in the file that TE_FLASH names (without it: in RAM). As in flash,
 * writing clears bits and never sets them. With TE_FLASH_CUT=N:E the N-th erase or write ends
 * after E eighths, as by a power cut, and so does the process. */
#define _GNU_SOURCE

#include "te_flash.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "te_port.h"
#include "te_slot_bytes.h"

enum { RECORDS = 512, TOTAL = TE_FLASH_SLOTS * TE_SLOT_BYTES + TE_FLASH_RECORDS * RECORDS };

static uint8_t *memory;
static int cut = -1; /* operations until power is cut; negative: never */
static unsigned eighths;

void te_flash_init(void) {
  const char *path = getenv("TE_FLASH"), *number = getenv("TE_FLASH_CUT");
  const int file = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  const bool fresh = file < 0 || lseek(file, 0, SEEK_END) < TOTAL;
  if (path != NULL && (file < 0 || ftruncate(file, TOTAL) != 0)) te_port_halt(2);
  memory = mmap(NULL, TOTAL, PROT_READ | PROT_WRITE,
                file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) te_port_halt(2);
  if (fresh) memset(memory, 0xFF, TOTAL);
  if (number != NULL) {
    char *end;
    cut = (int)strtol(number, &end, 10);
    eighths = *end == ':' ? (unsigned)atoi(end + 1) : 0;
  }
}

uint32_t te_flash_bytes(uint32_t area) {
  return area < TE_FLASH_SLOTS ? TE_SLOT_BYTES : RECORDS;
}

static uint8_t *place(uint32_t area) {
  if (area < TE_FLASH_SLOTS) return memory + area * TE_SLOT_BYTES;
  return memory + TE_FLASH_SLOTS * TE_SLOT_BYTES + (area - TE_FLASH_SLOTS) * RECORDS;
}

const uint8_t *te_flash_at(uint32_t area) {
  return place(area);
}

/* Bytes of `size` that this operation comes to. */
static uint32_t powered(uint32_t size) {
  if (cut > 0) cut--;
  return cut == 0 ? size / 8 * eighths : size;
}

static void end_if_cut(void) {
  if (cut == 0) _exit(3);
}

bool te_flash_erase(uint32_t area) {
  memset(place(area), 0xFF, powered(te_flash_bytes(area)));
  end_if_cut();
  return true;
}

bool te_flash_write(uint32_t area, uint32_t offset, const void *data, uint32_t size) {
  uint8_t *to = place(area) + offset;
  const uint8_t *from = data;
  const uint32_t part = powered(size);
  for (uint32_t i = 0; i < part; i++) to[i] &= from[i];
  end_if_cut();
  return true;
}

bool te_flash_lasts(void) {
  return getenv("TE_FLASH") != NULL;
}
