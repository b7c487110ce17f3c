#include "te_observe.h"

#ifdef TE_OBSERVE

#include "command.h"
#include "inference.h"
#include "te_features.h"
#include "te_port.h"
#include "te_protocol.h"

static uint64_t kept[TE_OBSERVE_LAYERS];
static uint32_t count;
static bool watched;

void te_observe_hello(void) {
  watched = false;
}

void te_observe_begin(void) {
  count = 0;
}

void te_observe_layer(uint32_t layer, uint64_t ticks) {
  if (layer < TE_OBSERVE_LAYERS) kept[layer] = ticks;
  count = layer + 1;
}

/* Sends as many bytes of an output as a frame holds; returns how many. */
static uint32_t send(uint32_t layer, uint32_t offset, const uint8_t *data, uint32_t bytes) {
  const uint32_t most = TE_MAX_ANSWER - TE_LAYER_SIZE;
  uint32_t size = te_features_part(layer, offset, data, bytes);
  if (size > 0) return size;
  uint8_t body[TE_LAYER_SIZE];
  size = bytes < most ? bytes : most;
  te_set_u32(body + TE_LAYER_LAYER_AT, layer);
  te_set_u32(body + TE_LAYER_OFFSET_AT, offset);
  te_frame_begin(TE_TYPE_LAYER, 0, sizeof body + size);
  te_frame_put(body, sizeof body);
  te_frame_put(data, size);
  te_frame_end();
  return size;
}

void te_observe_output(uint32_t layer, const void *data, uint32_t bytes) {
  for (uint32_t at = 0; watched && at < bytes;) {
    te_port_alive();
    at += send(layer, at, (const uint8_t *)data + at, bytes - at);
  }
}

void te_on_profile(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_PROFILE_INFERENCE_AT);
  uint32_t first = te_get_u32(request->payload + TE_PROFILE_FIRST_AT);
  if (!te_inference_done(inference)) {
    te_refuse(request, TE_CODE_ORDER, te_inference_number(), "");
    return;
  }
  if (first > count || count > TE_OBSERVE_LAYERS) {
    te_refuse(request, TE_CODE_RANGE, TE_OBSERVE_LAYERS, "");
    return;
  }
  const uint32_t most = (TE_MAX_ANSWER - TE_PROFILED_SIZE) / TE_TICKS_BYTES;
  const uint32_t some = count - first < most ? count - first : most;
  uint8_t body[TE_PROFILED_SIZE];
  te_set_u32(body + TE_PROFILED_INFERENCE_AT, inference);
  te_set_u32(body + TE_PROFILED_LAYERS_AT, count);
  te_set_u32(body + TE_PROFILED_FIRST_AT, first);
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + some * TE_TICKS_BYTES);
  te_frame_put(body, sizeof body);
  for (uint32_t i = first; i < first + some; i++) {
    uint8_t ticks[TE_TICKS_BYTES];
    te_set_u32(ticks, (uint32_t)kept[i]);
    te_set_u32(ticks + 4, (uint32_t)(kept[i] >> 32));
    te_frame_put(ticks, sizeof ticks);
  }
  te_frame_end();
}

void te_on_watch(const te_frame *request) {
  watched = te_get_u32(request->payload + TE_WATCH_LAYERS_AT) != 0;
  te_answer(request, NULL, 0);
}

#endif
