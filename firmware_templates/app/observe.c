#include "te_observe.h"

#ifdef TE_OBSERVE

#include "frame.h"
#include "te_protocol.h"

static uint64_t kept[TE_OBSERVE_LAYERS];
static uint32_t count;
static bool watched;

void te_observe_begin(void) {
  count = 0;
}

void te_observe_layer(uint32_t layer, uint64_t ticks) {
  if (layer < TE_OBSERVE_LAYERS) kept[layer] = ticks;
  count = layer + 1;
}

void te_observe_watch(bool watch) {
  watched = watch;
}

void te_observe_output(uint32_t layer, const void *data, uint32_t bytes) {
  const uint32_t most = TE_MAX_ANSWER - TE_LAYER_SIZE;
  for (uint32_t at = 0; watched && at < bytes; at += most) {
    const uint32_t size = bytes - at < most ? bytes - at : most;
    uint8_t body[TE_LAYER_SIZE];
    te_set_u32(body + TE_LAYER_LAYER_AT, layer);
    te_set_u32(body + TE_LAYER_OFFSET_AT, at);
    te_frame_begin(TE_TYPE_LAYER, 0, sizeof body + size);
    te_frame_put(body, sizeof body);
    te_frame_put((const uint8_t *)data + at, size);
    te_frame_end();
  }
}

uint32_t te_observe_count(void) {
  return count;
}

uint64_t te_observe_ticks(uint32_t layer) {
  return layer < count && layer < TE_OBSERVE_LAYERS ? kept[layer] : 0;
}

#endif
