#include "command.h"

#include <stdbool.h>
#include <string.h>

#include "frame.h"
#include "te_board.h"
#include "te_log.h"
#include "te_model.h"
#include "te_observe.h"
#include "te_port.h"
#include "te_protocol.h"

static struct {
  te_status ready;    /* what te_model_init returned */
  uint32_t inference; /* number of the inference that is being written or has been run; 0: none */
  uint32_t received;  /* bytes of its input that have arrived without a gap */
  bool done;          /* it has been run; result and ticks hold */
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

static uint32_t input_bytes(void) {
  return total(te_model.inputs, te_model.input_count);
}

static uint32_t output_bytes(void) {
  return total(te_model.outputs, te_model.output_count);
}

/* Writes `size` bytes at `offset` of all inputs taken as one. */
static void write_input(uint32_t offset, const uint8_t *data, uint32_t size) {
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

/* CRC-32 of all inputs as they are in memory. */
static uint32_t input_crc(void) {
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

static void answer(const te_frame *request, const void *payload, size_t size) {
  te_frame_begin(request->type | TE_ANSWER, request->sequence, size);
  te_frame_put(payload, size);
  te_frame_end();
}

static void refuse(const te_frame *request, uint32_t code, uint32_t detail, const char *text) {
  uint8_t error[TE_ERROR_SIZE];
  size_t length = te_text_length(text, TE_MAX_ANSWER - TE_ERROR_SIZE);
  te_set_u32(error + TE_ERROR_CODE_AT, code);
  te_set_u32(error + TE_ERROR_DETAIL_AT, detail);
  te_frame_begin(TE_TYPE_ERROR, request->sequence, sizeof error + length);
  te_frame_put(error, sizeof error);
  te_frame_put(text, length);
  te_frame_end();
}

static void set_text(uint8_t *to, size_t size, const char *text) {
  memset(to, 0, size);
  memcpy(to, text, te_text_length(text, size - 1));
}

static void put_tensor(const te_tensor_info *tensor) {
  uint8_t body[TE_TENSOR_SIZE];
  uint32_t scale;
  memcpy(&scale, &tensor->scale, sizeof scale);
  te_set_u32(body + TE_TENSOR_BYTES_AT, tensor->bytes);
  te_set_u32(body + TE_TENSOR_DTYPE_AT, (uint32_t)tensor->dtype);
  te_set_u32(body + TE_TENSOR_RANK_AT, tensor->rank);
  for (uint32_t i = 0; i < TE_MAX_RANK; i++) {
    te_set_u32(body + TE_TENSOR_DIMS_AT + 4 * i, tensor->dims[i]);
  }
  te_set_u32(body + TE_TENSOR_SCALE_AT, scale);
  te_set_u32(body + TE_TENSOR_ZERO_POINT_AT, (uint32_t)tensor->zero_point);
  te_frame_put(body, sizeof body);
}

static void put_identity(uint32_t inputs, uint32_t outputs) {
  uint8_t body[TE_HELLO_SIZE];
  set_text(body + TE_HELLO_FIRMWARE_AT, TE_HELLO_FIRMWARE_BYTES, TE_FIRMWARE_VERSION);
  set_text(body + TE_HELLO_BOARD_AT, TE_HELLO_BOARD_BYTES, TE_BOARD_ID);
  set_text(body + TE_HELLO_RUNTIME_AT, TE_HELLO_RUNTIME_BYTES, te_model.runtime);
  set_text(body + TE_HELLO_MODEL_AT, TE_HELLO_MODEL_BYTES, te_model.name);
  memcpy(body + TE_HELLO_SHA256_AT, te_model.sha256, TE_HELLO_SHA256_BYTES);
  set_text(body + TE_HELLO_TICK_SOURCE_AT, TE_HELLO_TICK_SOURCE_BYTES, TE_TICK_SOURCE);
  set_text(body + TE_HELLO_TICK_MEASURES_AT, TE_HELLO_TICK_MEASURES_BYTES, TE_TICK_MEASURES);
  te_set_u32(body + TE_HELLO_TICK_HZ_AT, te_port_ticks_hz());
  te_set_u32(body + TE_HELLO_ARENA_RESERVED_AT, te_model.arena_bytes);
  te_set_u32(body + TE_HELLO_ARENA_USED_AT, te_model_arena_used());
  te_set_u32(body + TE_HELLO_MAX_PAYLOAD_AT, TE_MAX_PAYLOAD);
  te_set_u32(body + TE_HELLO_WINDOW_AT, TE_WINDOW);
  te_set_u32(body + TE_HELLO_INIT_STATUS_AT, (uint32_t)state.ready);
  te_set_u32(body + TE_HELLO_INPUTS_AT, inputs);
  te_set_u32(body + TE_HELLO_OUTPUTS_AT, outputs);
  te_frame_put(body, sizeof body);
}

/* A new session: forgets inferences, so that none of its numbers can meet an old answer. A model
 * that failed lists no tensors, but says why. */
static void on_hello(const te_frame *request) {
  uint32_t inputs = state.ready == TE_OK ? te_model.input_count : 0;
  uint32_t outputs = state.ready == TE_OK ? te_model.output_count : 0;
  const char *why = state.ready == TE_OK ? "" : te_model_error();
  size_t size = TE_HELLO_SIZE + (inputs + outputs) * TE_TENSOR_SIZE;
  size_t length = te_text_length(why, TE_MAX_ANSWER - size);
  state.inference = state.received = 0;
  state.done = false;
  te_frame_begin(request->type | TE_ANSWER, request->sequence, size + length);
  put_identity(inputs, outputs);
  for (uint32_t i = 0; i < inputs; i++) put_tensor(&te_model.inputs[i]);
  for (uint32_t i = 0; i < outputs; i++) put_tensor(&te_model.outputs[i]);
  te_frame_put(why, length);
  te_frame_end();
}

/* Takes the bytes only if they continue the input; says how far it has come either way. */
static void on_write(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_WRITE_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_WRITE_OFFSET_AT);
  uint32_t size = request->length - TE_WRITE_SIZE;
  if (inference == 0 || offset > input_bytes() || size > input_bytes() - offset) {
    refuse(request, TE_CODE_RANGE, input_bytes(), "");
    return;
  }
  if (inference != state.inference) {
    state.inference = inference;
    state.received = 0;
    state.done = false;
  }
  if (offset == state.received && !state.done) {
    write_input(offset, request->payload + TE_WRITE_SIZE, size);
    state.received += size;
  }
  uint8_t body[TE_WRITTEN_SIZE];
  te_set_u32(body + TE_WRITTEN_INFERENCE_AT, inference);
  te_set_u32(body + TE_WRITTEN_RECEIVED_AT, state.received);
  answer(request, body, sizeof body);
}

/* Runs the model once and keeps the result for repeated requests. */
static void run(void) {
#ifdef TE_OBSERVE
  te_observe_begin();
#endif
  te_port_quiet(true);
  uint64_t start = te_port_ticks();
  state.result = te_model_invoke();
  state.ticks = te_port_ticks() - start;
  te_port_quiet(false);
  state.done = true;
  state.count++;
}

static void answer_invoke(const te_frame *request) {
  uint8_t body[TE_INVOKED_SIZE];
  uint32_t size = minimum(output_bytes(), TE_MAX_ANSWER - TE_INVOKED_SIZE);
  te_set_u32(body + TE_INVOKED_INFERENCE_AT, state.inference);
  te_set_u32(body + TE_INVOKED_TICKS_AT, (uint32_t)state.ticks);
  te_set_u32(body + TE_INVOKED_TICKS_AT + 4, (uint32_t)(state.ticks >> 32));
  te_set_u32(body + TE_INVOKED_OUTPUT_BYTES_AT, output_bytes());
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + size);
  te_frame_put(body, sizeof body);
  put_output(0, size);
  te_frame_end();
}

/* Runs an inference whose whole input has arrived, and only once: a repeated request gets the
 * same answer again. */
static void on_invoke(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_INVOKE_INFERENCE_AT);
  uint32_t bytes = te_get_u32(request->payload + TE_INVOKE_BYTES_AT);
  bool known = inference != 0 && inference == state.inference;
  if (bytes != input_bytes()) {
    refuse(request, TE_CODE_RANGE, input_bytes(), "");
    return;
  }
  if (!known || state.received != bytes) {
    refuse(request, TE_CODE_INCOMPLETE, known ? state.received : 0, "");
    return;
  }
  if (!state.done) {
    uint32_t crc = input_crc();
    if (crc != te_get_u32(request->payload + TE_INVOKE_CRC_AT)) {
      state.received = 0;
      refuse(request, TE_CODE_INPUT_CRC, crc, "");
      return;
    }
    run();
  }
  if (state.result != TE_OK) {
    refuse(request, TE_CODE_MODEL, (uint32_t)state.result, te_model_error());
  } else {
    answer_invoke(request);
  }
}

static void on_read(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_READ_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_READ_OFFSET_AT);
  uint32_t size = te_get_u32(request->payload + TE_READ_SIZE_AT);
  if (!state.done || state.result != TE_OK || inference != state.inference) {
    refuse(request, TE_CODE_ORDER, state.inference, "");
    return;
  }
  if (offset > output_bytes() || size > output_bytes() - offset ||
      size > TE_MAX_ANSWER - TE_OUTPUT_SIZE) {
    refuse(request, TE_CODE_RANGE, output_bytes(), "");
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

#ifdef TE_OBSERVE
/* Ticks of the last inference's layers from `first` on, as many as a frame holds. */
static void on_profile(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_PROFILE_INFERENCE_AT);
  uint32_t first = te_get_u32(request->payload + TE_PROFILE_FIRST_AT);
  uint32_t layers = te_observe_count();
  if (!state.done || inference != state.inference) {
    refuse(request, TE_CODE_ORDER, state.inference, "");
    return;
  }
  if (first > layers || layers > TE_OBSERVE_LAYERS) {
    refuse(request, TE_CODE_RANGE, TE_OBSERVE_LAYERS, "");
    return;
  }
  uint32_t some = minimum(layers - first, (TE_MAX_ANSWER - TE_PROFILED_SIZE) / TE_TICKS_BYTES);
  uint8_t body[TE_PROFILED_SIZE];
  te_set_u32(body + TE_PROFILED_INFERENCE_AT, inference);
  te_set_u32(body + TE_PROFILED_LAYERS_AT, layers);
  te_set_u32(body + TE_PROFILED_FIRST_AT, first);
  te_frame_begin(request->type | TE_ANSWER, request->sequence, sizeof body + some * TE_TICKS_BYTES);
  te_frame_put(body, sizeof body);
  for (uint32_t i = first; i < first + some; i++) {
    uint8_t ticks[TE_TICKS_BYTES];
    te_set_u32(ticks, (uint32_t)te_observe_ticks(i));
    te_set_u32(ticks + 4, (uint32_t)(te_observe_ticks(i) >> 32));
    te_frame_put(ticks, sizeof ticks);
  }
  te_frame_end();
}

static void on_watch(const te_frame *request) {
  te_observe_watch(te_get_u32(request->payload + TE_WATCH_LAYERS_AT) != 0);
  answer(request, NULL, 0);
}
#endif

static void on_status(const te_frame *request) {
  uint8_t body[TE_STATUS_SIZE];
  te_set_u32(body + TE_STATUS_STACK_PEAK_AT, (uint32_t)te_port_stack_peak());
  te_set_u32(body + TE_STATUS_ARENA_USED_AT, te_model_arena_used());
  te_set_u32(body + TE_STATUS_INFERENCES_AT, state.count);
  te_set_u32(body + TE_STATUS_DAMAGED_AT, te_frame_damaged());
  te_set_u32(body + TE_STATUS_OVERRUNS_AT, te_port_overruns());
  answer(request, body, sizeof body);
}

static void on_halt(const te_frame *request) {
  answer(request, NULL, 0);
  te_port_halt(0);
}

typedef struct request_kind {
  uint8_t type;
  uint16_t least, most;                  /* bytes of payload */
  bool needs_model;                      /* refused when te_model_init failed */
  void (*handle)(const te_frame *frame); /* sends exactly one answer */
} request_kind;

static const request_kind kinds[] = {
    {TE_TYPE_HELLO, 0, 0, false, on_hello},
    {TE_TYPE_WRITE, TE_WRITE_SIZE, TE_MAX_PAYLOAD, true, on_write},
    {TE_TYPE_INVOKE, TE_INVOKE_SIZE, TE_INVOKE_SIZE, true, on_invoke},
    {TE_TYPE_READ, TE_READ_SIZE, TE_READ_SIZE, true, on_read},
    {TE_TYPE_STATUS, 0, 0, false, on_status},
#ifdef TE_OBSERVE
    {TE_TYPE_PROFILE, TE_PROFILE_SIZE, TE_PROFILE_SIZE, true, on_profile},
    {TE_TYPE_WATCH, TE_WATCH_SIZE, TE_WATCH_SIZE, true, on_watch},
#endif
    {TE_TYPE_HALT, 0, 0, false, on_halt},
};

static void dispatch(const te_frame *request) {
  if (request->version != TE_PROTOCOL_VERSION) {
    refuse(request, TE_CODE_VERSION, TE_PROTOCOL_VERSION, "");
    return;
  }
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const request_kind *kind = &kinds[i];
    if (kind->type != request->type) continue;
    if (request->length < kind->least || request->length > kind->most) {
      refuse(request, TE_CODE_LENGTH, request->length, "");
    } else if (kind->needs_model && state.ready != TE_OK) {
      refuse(request, TE_CODE_MODEL, (uint32_t)state.ready, te_model_error());
    } else {
      kind->handle(request);
    }
    return;
  }
  refuse(request, TE_CODE_TYPE, request->type, "");
}

/* Initialises the model and checks that it has the buffers it describes. */
static te_status prepare(void) {
  if (te_model.input_count + te_model.output_count > TE_MAX_TENSORS) return TE_ERR_NOT_READY;
  te_status ready = te_model_init();
  for (uint32_t i = 0; ready == TE_OK && i < te_model.input_count; i++) {
    if (te_model_input(i) == NULL) ready = TE_ERR_NOT_READY;
  }
  for (uint32_t i = 0; ready == TE_OK && i < te_model.output_count; i++) {
    if (te_model_output(i) == NULL) ready = TE_ERR_NOT_READY;
  }
  return ready;
}

void te_command_loop(void) {
  te_frame request;
  state.ready = prepare();
  te_frame_begin(TE_TYPE_READY, 0, 0);
  te_frame_end();
  while (te_frame_receive(&request) == 0) dispatch(&request);
}
