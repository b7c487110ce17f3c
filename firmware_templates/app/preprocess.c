#include "preprocess.h"

#include <stdbool.h>

#include "command.h"
#include "inference.h"
#include "te_model.h"
#include "te_port.h"
#include "te_preprocess.h"
#include "te_protocol.h"

static struct {
  uint32_t number; /* of the inference that the frame is for; 0: none */
  uint32_t height, width, channels;
  uint32_t received; /* bytes that have arrived without a gap */
  uint64_t ticks;    /* that making the input has taken */
  uint32_t crc;      /* CRC-32 of the input, once it is whole */
} frame;

static uint32_t frame_bytes(void) {
  return frame.height * frame.width * frame.channels;
}

/* Whether the frame is for inference `number`, and that for no other since. */
static bool is_current(uint32_t number) {
  return frame.number != 0 && number == frame.number && number == te_inference_number();
}

static void answer_framed(const te_frame *request) {
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

void te_on_frame(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_FRAME_INFERENCE_AT);
  uint32_t height = te_get_u32(request->payload + TE_FRAME_HEIGHT_AT);
  uint32_t width = te_get_u32(request->payload + TE_FRAME_WIDTH_AT);
  uint32_t channels = te_get_u32(request->payload + TE_FRAME_CHANNELS_AT);
  if (number != 0 && number == frame.number) {
    answer_framed(request);
    return;
  }
  if (number == 0 || te_input_bytes() != TE_INPUT_BYTES ||
      te_preprocess_begin(height, width, channels) != 0) {
    te_refuse(request, TE_CODE_RANGE, te_input_bytes(), "");
    return;
  }
  te_inference_open(number);
  frame.number = number;
  frame.height = height;
  frame.width = width;
  frame.channels = channels;
  frame.received = frame.crc = 0;
  frame.ticks = 0;
  answer_framed(request);
}

/* The frame's next bytes. After its last the inference may be run. */
static void take(const uint8_t *data, uint32_t size) {
  uint64_t start = te_port_ticks();
  te_preprocess_push(data, size, te_model_input(0));
  frame.ticks += te_port_ticks() - start;
  frame.received += size;
  if (frame.received < frame_bytes()) return;
  frame.crc = te_input_crc();
  te_inference_received(te_input_bytes());
}

void te_on_pixels(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_PIXELS_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_PIXELS_OFFSET_AT);
  uint32_t size = request->length - TE_PIXELS_SIZE;
  if (!is_current(number)) {
    te_refuse(request, TE_CODE_ORDER, frame.number, "");
    return;
  }
  if (offset > frame_bytes() || size > frame_bytes() - offset) {
    te_refuse(request, TE_CODE_RANGE, frame_bytes(), "");
    return;
  }
  if (offset == frame.received && size > 0) {
    take(request->payload + TE_PIXELS_SIZE, size);
  }
  answer_framed(request);
}

void te_on_made(const te_frame *request) {
  uint32_t number = te_get_u32(request->payload + TE_MADE_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_MADE_OFFSET_AT);
  uint32_t size = te_get_u32(request->payload + TE_MADE_SIZE_AT);
  if (!is_current(number) || frame.received < frame_bytes() || te_inference_done(number)) {
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
