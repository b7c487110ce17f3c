#include "collect.h"

#include <stdbool.h>

#include "command.h"
#include "preprocess.h"
#include "te_features.h"
#include "te_port.h"
#include "te_protocol.h"

enum { PIECE_BYTES = 252 };

__attribute__((weak)) bool te_port_sensor_begin(uint32_t *height, uint32_t *width,
                                                uint32_t *channels) {
  *height = *width = *channels = 0;
  return false;
}

__attribute__((weak)) size_t te_port_sensor_read(uint8_t *data, size_t size) {
  (void)data;
  (void)size;
  return 0;
}

void te_collect_take(const uint8_t *data, uint32_t size) {
  uint8_t body[TE_SENSED_SIZE];
  const uint32_t number = te_raw_frame()->number, offset = te_raw_frame()->received;
  te_set_u32(body + TE_SENSED_INFERENCE_AT, number);
  te_set_u32(body + TE_SENSED_OFFSET_AT, offset);
  te_raw_take(data, size);
  if (te_features_part(number, offset, data, size) > 0) return; /* a frame holds all of them */
  te_frame_begin(TE_TYPE_SENSED, 0, sizeof body + size);
  te_frame_put(body, sizeof body);
  te_frame_put(data, size);
  te_frame_end();
}

void te_on_show(const te_frame *request) {
  uint32_t size = request->length - TE_SHOW_SIZE;
  if (!te_raw_fits(request, size)) return;
  if (te_get_u32(request->payload + TE_SHOW_OFFSET_AT) == te_raw_frame()->received && size > 0) {
    te_collect_take(request->payload + TE_SHOW_SIZE, size);
  }
  te_raw_answer(request);
}

/* Takes what the sensor delivers until the frame is whole. Returns whether it is. */
static bool sense(void) {
  uint8_t piece[PIECE_BYTES];
  const te_raw *frame = te_raw_frame();
  while (frame->received < te_raw_bytes()) {
    te_port_alive(); /* sound takes as long as it lasts */
    uint32_t left = te_raw_bytes() - frame->received;
    uint32_t size = left < PIECE_BYTES ? left : PIECE_BYTES;
    uint32_t count = (uint32_t)te_port_sensor_read(piece, size);
    if (count == 0 || count > size) return false;
    te_collect_take(piece, count);
  }
  return true;
}

static void answer_shot(const te_frame *request) {
  const te_raw *frame = te_raw_frame();
  uint8_t body[TE_SHOT_SIZE];
  te_set_u32(body + TE_SHOT_INFERENCE_AT, frame->number);
  te_set_u32(body + TE_SHOT_HEIGHT_AT, frame->height);
  te_set_u32(body + TE_SHOT_WIDTH_AT, frame->width);
  te_set_u32(body + TE_SHOT_CHANNELS_AT, frame->channels);
  te_set_u32(body + TE_SHOT_TICKS_AT, (uint32_t)frame->ticks);
  te_set_u32(body + TE_SHOT_TICKS_AT + 4, (uint32_t)(frame->ticks >> 32));
  te_set_u32(body + TE_SHOT_CRC_AT, frame->crc);
  te_answer(request, body, sizeof body);
}

void te_on_sense(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_SENSE_INFERENCE_AT);
  uint32_t height, width, channels;
  bool taken = te_raw_is(number);
  if (number == 0) {
    te_refuse(request, TE_CODE_RANGE, 0, "");
  } else if (!taken && !te_port_sensor_begin(&height, &width, &channels)) {
    te_refuse(request, TE_CODE_SENSOR, 0, "");
  } else if (!taken && !te_raw_begin(number, height, width, channels)) {
    te_refuse(request, TE_CODE_RANGE, te_raw_bytes(), "");
  } else if (!sense()) {
    te_refuse(request, TE_CODE_SENSOR, te_raw_frame()->received, "");
  } else {
    answer_shot(request);
  }
}
