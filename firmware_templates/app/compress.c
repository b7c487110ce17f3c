#include "compress.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "command.h"
#include "inference.h"
#include "te_model.h"
#include "te_protocol.h"
#include "unpack.h"

/* The input that byte `*offset` of all of them is in; `*offset` becomes the byte within it. */
static uint32_t input_at(uint32_t *offset) {
  uint32_t index = 0;
  while (index + 1 < te_model.input_count && *offset >= te_model.inputs[index].bytes) {
    *offset -= te_model.inputs[index++].bytes;
  }
  return index;
}

/* Unpacks `bytes` to `offset`; what is referred to is in the same input. */
static bool unpack(const te_frame *request, uint32_t offset, uint32_t bytes) {
  const uint8_t *from = request->payload + TE_PACKED_SIZE;
  const uint32_t size = request->length - TE_PACKED_SIZE;
  const uint32_t codec = request->payload[TE_PACKED_CODEC_AT];
  const uint32_t stride = request->payload[TE_PACKED_STRIDE_AT];
  te_unpacker unpacker;
  uint32_t within = offset;
  const uint32_t index = input_at(&within);
  if (bytes > te_model.inputs[index].bytes - within) return false;
  uint8_t *to = (uint8_t *)te_model_input(index) + within;
  switch (codec) {
    case TE_CODEC_LZ4:
      return te_unpack_lz4(from, size, to, bytes, within);
    case TE_CODEC_DELTA:
      return te_unpack_delta(from, size, to, bytes, within, stride);
    default:
      return te_unpacker_begin(&unpacker, codec, stride, from, size, bytes) &&
             te_unpacker_next(&unpacker, to, bytes) == bytes;
  }
}

void te_on_packed(const te_frame *request) {
  uint32_t inference = te_get_u32(request->payload + TE_PACKED_INFERENCE_AT);
  uint32_t offset = te_get_u32(request->payload + TE_PACKED_OFFSET_AT);
  uint32_t bytes = te_get_u32(request->payload + TE_PACKED_BYTES_AT);
  if (inference == 0 || offset >= te_input_bytes() || bytes > te_input_bytes() - offset) {
    te_refuse(request, TE_CODE_RANGE, te_input_bytes(), "");
    return;
  }
  if (te_inference_open(inference) && offset == te_inference_written()) {
    if (!unpack(request, offset, bytes)) {
      te_refuse(request, TE_CODE_PACKED, offset, "");
      return;
    }
    te_inference_received(offset + bytes);
  }
  uint8_t body[TE_WRITTEN_SIZE];
  te_set_u32(body + TE_WRITTEN_INFERENCE_AT, inference);
  te_set_u32(body + TE_WRITTEN_RECEIVED_AT, te_inference_written());
  te_answer(request, body, sizeof body);
}

/* Element `index` of the first output, which holds integers. */
static int32_t element(uint32_t index) {
  const uint8_t *data = te_model_output(0);
  int32_t wide;
  int16_t half;
  switch (te_model.outputs[0].dtype) {
    case TE_INT8:
      return (int8_t)data[index];
    case TE_UINT8:
      return data[index];
    case TE_INT16:
      memcpy(&half, data + 2 * index, sizeof half);
      return half;
    default:
      memcpy(&wide, data + 4 * index, sizeof wide);
      return wide;
  }
}

/* The first of the largest elements. */
static void answer_class(const te_frame *request) {
  static const uint8_t sizes[] = {1, 1, 2, 4, 4}; /* by te_dtype */
  const uint32_t count = te_model.outputs[0].bytes / sizes[te_model.outputs[0].dtype];
  uint32_t best = 0;
  uint8_t body[TE_CLASSIFIED_SIZE];
  for (uint32_t i = 1; i < count; i++) {
    if (element(i) > element(best)) best = i;
  }
  body[TE_CLASSIFIED_CLASS_AT] = (uint8_t)best;
  body[TE_CLASSIFIED_CLASS_AT + 1] = (uint8_t)(best >> 8);
  te_set_u32(body + TE_CLASSIFIED_SCORE_AT, (uint32_t)element(best));
  te_answer(request, body, sizeof body);
}

void te_on_classify(const te_frame *request) {
  if (te_model.outputs[0].dtype == TE_FLOAT32) {
    te_refuse(request, TE_CODE_RANGE, TE_FLOAT32, "");
  } else if (te_inference_run(request)) {
    answer_class(request);
  }
}
