#include <stdbool.h>

#include "command.h"
#include "compress.h"
#include "pack.h"
#include "te_protocol.h"

static bool wanted; /* by the host of this session */

void te_compress_hello(void) {
  wanted = false;
}

void te_on_pack(const te_frame *request) {
  wanted = te_get_u32(request->payload + TE_PACK_PARTS_AT) != 0;
  te_answer(request, NULL, 0);
}

uint32_t te_compress_part(uint32_t number, uint32_t offset, const uint8_t *data, uint32_t size) {
  if (!wanted) return 0;
  const te_packing way = te_pack_best(data, size, TE_MAX_ANSWER - TE_PACKED_SIZE);
  if (way.size + TE_PACKED_SIZE >= way.bytes + TE_LAYER_SIZE) return 0;
  uint8_t body[TE_PACKED_SIZE];
  te_set_u32(body + TE_PACKED_INFERENCE_AT, number);
  te_set_u32(body + TE_PACKED_OFFSET_AT, offset);
  te_set_u32(body + TE_PACKED_BYTES_AT, way.bytes);
  body[TE_PACKED_CODEC_AT] = way.codec;
  body[TE_PACKED_STRIDE_AT] = way.stride;
  te_frame_begin(TE_TYPE_PART, 0, sizeof body + way.size);
  te_frame_put(body, sizeof body);
  te_pack_put(data, &way, te_frame_put);
  te_frame_end();
  return way.bytes;
}
