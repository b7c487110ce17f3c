/* Areas for models in partitions of their own (partitions.csv), mapped for reading. */
#include "te_flash.h"

#include "esp_partition.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "te_log.h"
#include "te_port.h"
#include "te_slot_bytes.h"

/* Blocks of 64 KB are what flash chips erase fastest; one takes 2 s at most. */
enum { BLOCK = 0x10000, SLOT = (TE_SLOT_BYTES + BLOCK - 1) / BLOCK * BLOCK };

static const char *const names[TE_FLASH_AREAS] = {"slot0", "slot1", "records0", "records1"};
static const esp_partition_t *partitions[TE_FLASH_AREAS];
static const void *mapped[TE_FLASH_AREAS];

/* A log, for to tell a fault the slots are read. */
static _Noreturn void say_foreign(void) {
  for (;;) {
    te_log("the partition table is another firmware's: flash the board again");
    te_port_alive();
    vTaskDelay(pdMS_TO_TICKS(1000));
  }
}

void te_flash_init(void) {
  for (uint32_t area = 0; area < TE_FLASH_AREAS; area++) {
    esp_partition_mmap_handle_t handle;
    const esp_partition_t *found =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, names[area]);
    if (found == NULL || found->size < te_flash_bytes(area) ||
        esp_partition_mmap(found, 0, te_flash_bytes(area), ESP_PARTITION_MMAP_DATA, &mapped[area],
                           &handle) != ESP_OK) {
      say_foreign();
    }
    partitions[area] = found;
  }
}

uint32_t te_flash_bytes(uint32_t area) {
  return area < TE_FLASH_SLOTS ? SLOT : BLOCK;
}

const uint8_t *te_flash_at(uint32_t area) {
  return mapped[area];
}

bool te_flash_erase(uint32_t area) {
  for (uint32_t at = 0; at < te_flash_bytes(area); at += BLOCK) {
    te_port_alive();
    if (esp_partition_erase_range(partitions[area], at, BLOCK) != ESP_OK) return false;
  }
  te_port_alive();
  return true;
}

bool te_flash_write(uint32_t area, uint32_t offset, const void *data, uint32_t size) {
  return esp_partition_write(partitions[area], offset, data, size) == ESP_OK;
}

bool te_flash_lasts(void) {
  return true;
}
