/* Random numbers: the chip's generator, fed by its ADC, since the radio, which would feed it, is
 * off. Firmware that uses radio or ADC itself must not switch this source on. */
#include "bootloader_random.h"
#include "esp_random.h"
#include "te_port.h"

bool te_port_entropy(uint8_t *data, size_t size) {
  bootloader_random_enable();
  esp_fill_random(data, size);
  bootloader_random_disable();
  return true;
}
