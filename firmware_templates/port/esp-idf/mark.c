/* The mark on a GPIO of Espressif's chips, through ESP-IDF's driver. */
#include "driver/gpio.h"
#include "te_board.h"
#include "te_port.h"

void te_port_mark_start(void) {
  gpio_reset_pin((gpio_num_t)TE_MARK_PIN);
  te_port_mark(false);
  gpio_set_direction((gpio_num_t)TE_MARK_PIN, GPIO_MODE_OUTPUT);
}

void te_port_mark(bool high) {
  gpio_set_level((gpio_num_t)TE_MARK_PIN, high);
}
