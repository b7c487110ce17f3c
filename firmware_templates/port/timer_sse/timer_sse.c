#include "te_board.h"
#include "te_port.h"
#include "te_tick.h"

#define CONTROL TE_REGISTER(TE_COUNTER + 0x0)
#define VALUE_LOW TE_REGISTER(TE_COUNTER + 0x8)
#define VALUE_HIGH TE_REGISTER(TE_COUNTER + 0xc)
#define READ_LOW TE_REGISTER(TE_COUNTER_STATUS + 0x0)
#define READ_HIGH TE_REGISTER(TE_COUNTER_STATUS + 0x4)

enum { CONTROL_ENABLE = 1 };

void te_tick_start(void) {
  CONTROL = CONTROL_ENABLE;
}

void te_tick_clear(void) {
  CONTROL = 0;
  VALUE_HIGH = 0;
  VALUE_LOW = 0;
  CONTROL = CONTROL_ENABLE;
}

uint64_t te_port_ticks(void) {
  uint32_t high, low;
  do {
    high = READ_HIGH;
    low = READ_LOW;
  } while (high != READ_HIGH);
  return (uint64_t)high << 32 | low;
}
