#include "inference.h"

#include <stdbool.h>
#include <string.h>

#include "command.h"
#include "guard.h"
#include "te_features.h"
#include "te_model.h"
#include "te_observe.h"
#include "te_port.h"
#include "te_protocol.h"

static struct {
  uint32_t number;   /* of the inference that is being written or has been run; 0: none */
  uint32_t received; /* bytes of its input that have arrived without a gap */
  bool done;         /* it has been run; result and ticks hold */
  te_status result;
  uint64_t ticks;
  uint32_t count; /* inferences run since boot */
} state;

static uint32_t minimum(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t total(const te_tensor_info *tensors, uint32_t count) {
  uint32_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) bytes += tensors[i].bytes;
  return bytes;
}

uint32_t te_input_bytes(void) {
  return total(te_model.inputs, te_model.input_count);
}

static uint32_t output_bytes(void) {
  return total(te_model.outputs, te_model.output_count);
}

void te_input_write(uint32_t offset, const uint8_t *data, uint32_t size) {
  for (uint32_t i = 0; i < te_model.input_count && size > 0; i++) {
    uint32_t bytes = te_model.inputs[i].bytes;
    if (offset >= bytes) {
      offset -= bytes;
      continue;
    }
    uint32_t part = minimum(size, bytes - offset);
    memcpy((uint8_t *)te_model_input(i) + offset, data, part);
    data += part;
    size -= part;
    offset = 0;
  }
}

uint32_t te_input_crc(void) {
  uint32_t crc = 0;
  for (uint32_t i = 0; i < te_model.input_count; i++) {
    crc = te_crc32(crc, te_model_input(i), te_model.inputs[i].bytes);
  }
  return crc;
}

/* Puts `size` bytes at `offset` of all outputs taken as one into the frame being sent. */
static void put_output(uint32_t offset, uint32_t size) {
  for (uint32_t i = 0; i < te_model.output_count && size > 0; i++) {
    uint32_t bytes = te_model.outputs[i].bytes;
    if (offset >= bytes) {
      offset -= bytes;
      continue;
    }
    uint32_t part = minimum(size, bytes - offset);
    te_frame_put((const uint8_t *)te_model_output(i) + offset, part);
    size -= part;
    offset = 0;
  }
}

void te_inference_forget(void) {
  state.number = state.received = 0;
  state.done = false;
}

bool te_inference_open(uint32_t number) {
  if (number != state.number) {
    state.number = number;
    state.received = 0;
    state.done = false;
  }
  return !state.done;
}

uint32_t te_inference_written(void) {
  return state.received;
}

void te_inference_received(uint32_t bytes) {
  state.received = bytes;
}

bool te_inference_holds(uint32_t number) {
  return state.done && state.result == TE_OK && number == state.number;
}

bool te_inference_done(uint32_t number) {
  return state.done && number == state.number;
}

uint32_t te_inference_number(void) {
  return state.number;
}

uint32_t te_inference_count(void) {
  return state.count;
}

void te_on_write(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_WRITE_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_WRITE_OFFSET_AT);
  uint32_t size = request->length - TE_WRITE_SIZE;
  if (inference == 0 || offset > te_input_bytes() || size > te_input_bytes() - offset) {
    te_refuse(request, TE_CODE_RANGE, te_input_bytes(), "");
    return;
  }
  if (te_inference_open(inference) && offset == state.received) {
    te_input_write(offset, request->payload + TE_WRITE_SIZE, size);
    state.received += size;
  }
  uint8_t body[TE_WRITTEN_SIZE];
  te_set_u32(body + TE_WRITTEN_INFERENCE_AT, inference);
  te_set_u32(body + TE_WRITTEN_RECEIVED_AT, state.received);
  te_answer(request, body, sizeof body);
}

/* Runs the model once and keeps the result for repeated requests. */
static void run(void) {
#ifdef TE_OBSERVE
  te_observe_begin();
#endif
  te_features_infers();
  te_port_quiet(true);
  uint64_t start = te_port_ticks();
  state.result = te_model_invoke();
  state.ticks = te_port_ticks() - start;
  te_port_quiet(false);
  if (state.result == TE_OK) state.result = te_guard_check();
  state.done = true;
  state.count++;
  te_features_inferred(state.result, state.ticks);
}

static void answer_invoke(const te_frame *request) {
  uint8_t body[TE_INVOKED_SIZE];
  uint32_t size = minimum(output_bytes(), TE_MAX_ANSWER - TE_INVOKED_SIZE);
  te_set_u32(body + TE_INVOKED_INFERENCE_AT, state.number);
  te_set_u32(body + TE_INVOKED_TICKS_AT, (uint32_t)state.ticks);
  te_set_u32(body + TE_INVOKED_TICKS_AT + 4, (uint32_t)(state.ticks >> 32));
  te_set_u32(body + TE_INVOKED_OUTPUT_BYTES_AT, output_bytes());
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + size);
  te_frame_put(body, sizeof body);
  put_output(0, size);
  te_frame_end();
}

bool te_inference_run(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_INVOKE_INFERENCE_AT);
  uint32_t bytes = te_get_u32(request->payload + TE_INVOKE_BYTES_AT);
  bool known = inference != 0 && inference == state.number;
  if (bytes != te_input_bytes()) {
    te_refuse(request, TE_CODE_RANGE, te_input_bytes(), "");
    return false;
  }
  if (!known || state.received != bytes) {
    te_refuse(request, TE_CODE_INCOMPLETE, known ? state.received : 0, "");
    return false;
  }
  if (!state.done) {
    uint32_t crc = te_input_crc();
    if (crc != te_get_u32(request->payload + TE_INVOKE_CRC_AT)) {
      state.received = 0;
      te_refuse(request, TE_CODE_INPUT_CRC, crc, "");
      return false;
    }
    run();
  }
  if (state.result == TE_OK) return true;
  te_refuse(request, TE_CODE_MODEL, (uint32_t)state.result, te_guard_error());
  return false;
}

void te_on_invoke(const te_frame *request) {
  if (te_inference_run(request)) answer_invoke(request);
}

void te_on_read(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_READ_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_READ_OFFSET_AT);
  uint32_t size = te_get_u32(request->payload + TE_READ_SIZE_AT);
  if (!te_inference_holds(inference)) {
    te_refuse(request, TE_CODE_ORDER, state.number, "");
    return;
  }
  if (offset > output_bytes() || size > output_bytes() - offset ||
      size > TE_MAX_ANSWER - TE_OUTPUT_SIZE) {
    te_refuse(request, TE_CODE_RANGE, output_bytes(), "");
    return;
  }
  uint8_t body[TE_OUTPUT_SIZE];
  te_set_u32(body + TE_OUTPUT_INFERENCE_AT, inference);
  te_set_u32(body + TE_OUTPUT_OFFSET_AT, offset);
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + size);
  te_frame_put(body, sizeof body);
  put_output(offset, size);
  te_frame_end();
}
