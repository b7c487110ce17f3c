/* What a board owes firmware with the feature update: memory that outlasts a restart. Four areas:
 * two slots for models, then two for records of which model runs. None of this is called from an
 * interrupt. */
#ifndef TE_FLASH_H
#define TE_FLASH_H

#include <stdbool.h>
#include <stdint.h>

enum { TE_FLASH_SLOTS = 2, TE_FLASH_RECORDS = 2, TE_FLASH_AREAS = 4 };

/* Makes the areas readable. Called once, first. Does not fail. */
void te_flash_init(void);

/* Bytes of an area; a multiple of 32. */
uint32_t te_flash_bytes(uint32_t area);

/* Where an area can be read; aligned to 16. */
const uint8_t *te_flash_at(uint32_t area);

/* Sets every byte of an area to 0xFF. Blocks, up to seconds. false: the hardware failed. */
bool te_flash_erase(uint32_t area);

/* Writes to erased bytes; `offset` and `size` are multiples of 16. Blocks. false: the hardware
 * failed, and the bytes are not to be trusted. */
bool te_flash_write(uint32_t area, uint32_t offset, const void *data, uint32_t size);

/* Whether the areas outlast a restart. */
bool te_flash_lasts(void);

#endif
