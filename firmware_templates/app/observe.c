#include "te_observe.h"

#ifdef TE_OBSERVE

static uint64_t kept[TE_OBSERVE_LAYERS];
static uint32_t count;

void te_observe_begin(void) {
  count = 0;
}

void te_observe_layer(uint32_t layer, uint64_t ticks) {
  if (layer < TE_OBSERVE_LAYERS) kept[layer] = ticks;
  count = layer + 1;
}

uint32_t te_observe_count(void) {
  return count;
}

uint64_t te_observe_ticks(uint32_t layer) {
  return layer < count && layer < TE_OBSERVE_LAYERS ? kept[layer] : 0;
}

#endif
