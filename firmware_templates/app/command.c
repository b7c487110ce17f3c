#include "command.h"

#include <stdbool.h>
#include <string.h>

#include "te_features.h"
#include "frame.h"
#include "guard.h"
#include "inference.h"
#include "te_board.h"
#include "te_log.h"
#include "te_model.h"
#include "te_observe.h"
#include "te_port.h"
#include "te_protocol.h"

static te_status ready; /* what te_guard_init returned */

void te_answer(const te_frame *request, const void *payload, size_t size) {
  te_frame_begin(request->type | TE_ANSWER, request->sequence, size);
  te_frame_put(payload, size);
  te_frame_end();
}

void te_refuse(const te_frame *request, uint32_t code, uint32_t detail, const char *text) {
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
  te_set_u32(body + TE_HELLO_INIT_STATUS_AT, (uint32_t)ready);
  te_set_u32(body + TE_HELLO_FEATURES_AT, TE_FEATURES);
  te_set_u32(body + TE_HELLO_INPUTS_AT, inputs);
  te_set_u32(body + TE_HELLO_OUTPUTS_AT, outputs);
  if (!te_features_trusts()) {
    memset(body + TE_HELLO_MODEL_AT, 0, TE_HELLO_MODEL_BYTES);
    memset(body + TE_HELLO_SHA256_AT, 0, TE_HELLO_SHA256_BYTES);
    te_set_u32(body + TE_HELLO_ARENA_RESERVED_AT, 0);
    te_set_u32(body + TE_HELLO_ARENA_USED_AT, 0);
    te_set_u32(body + TE_HELLO_INIT_STATUS_AT, 0);
  }
  te_frame_put(body, sizeof body);
}

/* A new session: forgets inferences, so that none of its numbers can meet an old answer. A model
 * that failed lists no tensors, but says why. Who is not trusted learns what board this is, and
 * changes nothing. */
static void on_hello(const te_frame *request) {
  const bool trusted = te_features_trusts();
  uint32_t inputs = trusted && ready == TE_OK ? te_model.input_count : 0;
  uint32_t outputs = trusted && ready == TE_OK ? te_model.output_count : 0;
  const char *why = !trusted || ready == TE_OK ? "" : te_guard_error();
  size_t size = TE_HELLO_SIZE + (inputs + outputs) * TE_TENSOR_SIZE;
  size_t length = te_text_length(why, TE_MAX_ANSWER - size);
  if (trusted) {
    te_inference_forget();
    te_features_hello();
#ifdef TE_OBSERVE
    te_observe_hello();
#endif
  }
  te_frame_begin(request->type | TE_ANSWER, request->sequence, size + length);
  put_identity(inputs, outputs);
  for (uint32_t i = 0; i < inputs; i++) put_tensor(&te_model.inputs[i]);
  for (uint32_t i = 0; i < outputs; i++) put_tensor(&te_model.outputs[i]);
  te_frame_put(why, length);
  te_frame_end();
}

static void on_status(const te_frame *request) {
  uint8_t body[TE_STATUS_SIZE];
  te_set_u32(body + TE_STATUS_STACK_PEAK_AT, (uint32_t)te_port_stack_peak());
  te_set_u32(body + TE_STATUS_ARENA_USED_AT, te_model_arena_used());
  te_set_u32(body + TE_STATUS_INFERENCES_AT, te_inference_count());
  te_set_u32(body + TE_STATUS_DAMAGED_AT, te_frame_damaged());
  te_set_u32(body + TE_STATUS_OVERRUNS_AT, te_port_overruns());
  te_answer(request, body, sizeof body);
}

static void on_halt(const te_frame *request) {
  te_answer(request, NULL, 0);
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
    {TE_TYPE_WRITE, TE_WRITE_SIZE, TE_MAX_PAYLOAD, true, te_on_write},
    {TE_TYPE_INVOKE, TE_INVOKE_SIZE, TE_INVOKE_SIZE, true, te_on_invoke},
    {TE_TYPE_READ, TE_READ_SIZE, TE_READ_SIZE, true, te_on_read},
    {TE_TYPE_STATUS, 0, 0, false, on_status},
#ifdef TE_OBSERVE
    {TE_TYPE_PROFILE, TE_PROFILE_SIZE, TE_PROFILE_SIZE, true, te_on_profile},
    {TE_TYPE_WATCH, TE_WATCH_SIZE, TE_WATCH_SIZE, true, te_on_watch},
#endif
    {TE_TYPE_HALT, 0, 0, false, on_halt},
    TE_FEATURE_REQUESTS /* of te_features.h */
};

static void dispatch(te_frame *request) {
  if (!te_features_open(request)) return; /* first: what is refused unopened goes out unsealed */
  if (request->version != TE_PROTOCOL_VERSION) {
    te_refuse(request, TE_CODE_VERSION, TE_PROTOCOL_VERSION, "");
    return;
  }
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    const request_kind *kind = &kinds[i];
    if (kind->type != request->type) continue;
    if (request->length < kind->least || request->length > kind->most) {
      te_refuse(request, TE_CODE_LENGTH, request->length, "");
    } else if (kind->needs_model && ready != TE_OK) {
      te_refuse(request, TE_CODE_MODEL, (uint32_t)ready, te_guard_error());
    } else if (te_features_admit(request)) {
      kind->handle(request);
    }
    return;
  }
  te_refuse(request, TE_CODE_TYPE, request->type, "");
}

/* Initialises the model and checks that it has the buffers it describes. */
static te_status prepare(void) {
  if (te_model.input_count + te_model.output_count > TE_MAX_TENSORS) return TE_ERR_NOT_READY;
  te_status status = te_guard_init();
  for (uint32_t i = 0; status == TE_OK && i < te_model.input_count; i++) {
    if (te_model_input(i) == NULL) status = TE_ERR_NOT_READY;
  }
  for (uint32_t i = 0; status == TE_OK && i < te_model.output_count; i++) {
    if (te_model_output(i) == NULL) status = TE_ERR_NOT_READY;
  }
  return status;
}

void te_command_loop(void) {
  te_frame request;
  ready = prepare();
  te_features_start(ready);
  te_frame_begin(TE_TYPE_READY, 0, 0);
  te_frame_end();
  while (te_frame_receive(&request) == 0) dispatch(&request);
}
