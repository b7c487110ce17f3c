/* Random numbers: the RNG of nRF51 and nRF52 chips, with its bias corrected. */
#include "te_port.h"

enum { TASKS_START = 0x000, TASKS_STOP = 0x004, EVENTS_VALRDY = 0x100, CONFIG = 0x504 };
enum { VALUE = 0x508, CORRECT_BIAS = 1 };

/* Looks at an event until it gives up on the generator; a byte takes it about 0.7 ms, at most
 * 30,000 looks. */
enum { MOST_LOOKS = 1000 * 1000 };

static volatile uint32_t *reg(uint32_t offset) {
  return (volatile uint32_t *)(0x4000d000u + offset);
}

static bool wait(void) {
  for (uint32_t looks = 0; looks < MOST_LOOKS; looks++) {
    if (*reg(EVENTS_VALRDY) != 0) return true;
  }
  return false;
}

bool te_port_entropy(uint8_t *data, size_t size) {
  bool good = true;
  *reg(CONFIG) = CORRECT_BIAS;
  *reg(EVENTS_VALRDY) = 0;
  *reg(TASKS_START) = 1;
  for (size_t i = 0; good && i < size; i++) {
    good = wait();
    *reg(EVENTS_VALRDY) = 0;
    data[i] = (uint8_t)*reg(VALUE);
  }
  *reg(TASKS_STOP) = 1;
  return good;
}
