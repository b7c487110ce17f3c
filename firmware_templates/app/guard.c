#include "guard.h"

#include <stdbool.h>
#include <stddef.h>

#include "crc.h"
#include "te_port.h"

static const char *reason; /* NULL: what te_model_error says */

static uint8_t paint(uint32_t at) {
  return (uint8_t)(0xa5 ^ at);
}

static void paint_guards(void) {
  for (int side = 0; side < 2; side++) {
    uint8_t *guard = te_model.guards[side];
    for (uint32_t i = 0; guard != NULL && i < TE_GUARD_BYTES; i++) guard[i] = paint(i);
  }
}

static bool whole(const volatile uint8_t *guard) {
  for (uint32_t i = 0; guard != NULL && i < TE_GUARD_BYTES; i++) {
    if (guard[i] != paint(i)) return false;
  }
  return true;
}

static bool constants_as_built(void) {
  uint32_t crc = 0;
  for (uint32_t i = 0; i < te_model.constant_count; i++) {
    crc = te_crc32(crc, te_model.constants[i].data, te_model.constants[i].bytes);
  }
  return crc == te_model.constants_crc;
}

te_status te_guard_init(void) {
  paint_guards();
  if (!constants_as_built()) {
    reason = "the model in memory is damaged: its CRC is not that of the model that was built";
    return TE_ERR_DAMAGED;
  }
  return te_model_init();
}

te_status te_guard_check(void) {
  if (!whole(te_model.guards[0])) {
    reason = "something has written before the arena";
  } else if (!whole(te_model.guards[1])) {
    reason = "something has written behind the arena";
  } else if (!te_port_stack_whole()) {
    reason = "the stack has been used up: it needs more than memory.stack of the board's file";
  } else {
    return TE_OK;
  }
  return TE_ERR_MEMORY;
}

const char *te_guard_error(void) {
  return reason != NULL ? reason : te_model_error();
}
