#include "preprocess.h"

#include <stdbool.h>

#include "command.h"
#include "inference.h"
#include "te_model.h"
#include "te_port.h"
#include "te_preprocess.h"
#include "te_protocol.h"

static te_raw frame;

const te_raw *te_raw_frame(void) {
  return &frame;
}

uint32_t te_raw_bytes(void) {
  return frame.height * frame.width * frame.channels;
}

/* What has not come whole by its inference never does: outputs may lie where it would go. */
bool te_raw_is(uint32_t number) {
  return frame.number != 0 && number == frame.number && number == te_inference_number() &&
         (frame.received == te_raw_bytes() || !te_inference_done(number));
}

void te_raw_answer(const te_frame *request) {
  uint8_t body[TE_FRAMED_SIZE];
  te_set_u32(body + TE_FRAMED_INFERENCE_AT, frame.number);
  te_set_u32(body + TE_FRAMED_RECEIVED_AT, frame.received);
  te_set_u32(body + TE_FRAMED_TICKS_AT, (uint32_t)frame.ticks);
  te_set_u32(body + TE_FRAMED_TICKS_AT + 4, (uint32_t)(frame.ticks >> 32));
  te_set_u32(body + TE_FRAMED_CRC_AT, frame.crc);
  te_answer(request, body, sizeof body);
}

void te_preprocess_hello(void) {
  frame.number = 0;
}

bool te_raw_begin(uint32_t number, uint32_t height, uint32_t width, uint32_t channels) {
  if (number == 0 || te_inference_done(number) || te_model.input_count != 1 ||
      te_input_bytes() != TE_INPUT_BYTES || te_preprocess_begin(height, width, channels) != 0) {
    return false;
  }
  te_inference_open(number);
  frame.number = number;
  frame.height = height;
  frame.width = width;
  frame.channels = channels;
  frame.received = frame.crc = 0;
  frame.ticks = 0;
  return true;
}

void te_on_frame(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_FRAME_INFERENCE_AT);
  uint32_t height = te_get_u32(request->payload + TE_FRAME_HEIGHT_AT);
  uint32_t width = te_get_u32(request->payload + TE_FRAME_WIDTH_AT);
  uint32_t channels = te_get_u32(request->payload + TE_FRAME_CHANNELS_AT);
  if (number != 0 && number == frame.number) {
    te_raw_answer(request);
    return;
  }
  if (!te_raw_begin(number, height, width, channels)) {
    te_refuse(request, TE_CODE_RANGE, te_input_bytes(), "");
    return;
  }
  te_raw_answer(request);
}

void te_raw_take(const uint8_t *data, uint32_t size) {
  uint64_t start = te_port_ticks();
  te_preprocess_push(data, size, te_model_input(0));
  frame.ticks += te_port_ticks() - start;
  frame.received += size;
  if (frame.received < te_raw_bytes()) return;
  frame.crc = te_input_crc();
  te_inference_received(te_input_bytes());
}

bool te_raw_fits(const te_frame *request, uint32_t size) {
  uint32_t number = te_get_u32(request->payload + TE_PIXELS_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_PIXELS_OFFSET_AT);
  if (!te_raw_is(number)) {
    te_refuse(request, TE_CODE_ORDER, frame.number, "");
  } else if (offset > te_raw_bytes() || size > te_raw_bytes() - offset) {
    te_refuse(request, TE_CODE_RANGE, te_raw_bytes(), "");
  } else {
    return true;
  }
  return false;
}

void te_on_pixels(const te_frame *request) {
  uint32_t size = request->length - TE_PIXELS_SIZE;
  if (!te_raw_fits(request, size)) return;
  if (te_get_u32(request->payload + TE_PIXELS_OFFSET_AT) == frame.received && size > 0) {
    te_raw_take(request->payload + TE_PIXELS_SIZE, size);
  }
  te_raw_answer(request);
}

void te_on_made(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_MADE_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_MADE_OFFSET_AT);
  uint32_t size = te_get_u32(request->payload + TE_MADE_SIZE_AT);
  if (!te_raw_is(number) || frame.received < te_raw_bytes() || te_inference_done(number)) {
    te_refuse(request, TE_CODE_ORDER, frame.number, "");
    return;
  }
  if (offset > TE_INPUT_BYTES || size > TE_INPUT_BYTES - offset ||
      size > TE_MAX_ANSWER - TE_OUTPUT_SIZE) {
    te_refuse(request, TE_CODE_RANGE, TE_INPUT_BYTES, "");
    return;
  }
  uint8_t body[TE_OUTPUT_SIZE];
  te_set_u32(body + TE_OUTPUT_INFERENCE_AT, number);
  te_set_u32(body + TE_OUTPUT_OFFSET_AT, offset);
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + size);
  te_frame_put(body, sizeof body);
  te_frame_put((const uint8_t *)te_model_input(0) + offset, size);
  te_frame_end();
}
