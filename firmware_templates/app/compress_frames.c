#include "compress.h"

#include "te_features.h"

#if TE_FEATURES & TE_FEATURE_PREPROCESS

#include "command.h"
#include "unpack.h"

enum { PIECE_BYTES = 252 }; /* on the stack */

/* Unpacks the frame's next bytes, and hands them to `take` piece by piece. */
static void unpack(const te_frame *request, void (*take)(const uint8_t *data, uint32_t size)) {
  const uint32_t offset = te_get_u32(request->payload + TE_PACKED_OFFSET_AT);
  const uint32_t bytes = te_get_u32(request->payload + TE_PACKED_BYTES_AT);
  uint8_t piece[PIECE_BYTES];
  uint32_t count;
  te_unpacker unpacker;
  if (!te_raw_fits(request, bytes)) return;
  if (offset == te_raw_frame()->received) {
    if (!te_unpacker_begin(&unpacker, request->payload[TE_PACKED_CODEC_AT],
                           request->payload[TE_PACKED_STRIDE_AT], request->payload + TE_PACKED_SIZE,
                           request->length - TE_PACKED_SIZE, bytes)) {
      te_refuse(request, TE_CODE_PACKED, offset, "");
      return;
    }
    while ((count = te_unpacker_next(&unpacker, piece, sizeof piece)) > 0) take(piece, count);
  }
  te_raw_answer(request);
}

void te_on_packed_pixels(const te_frame *request) {
  unpack(request, te_raw_take);
}

#if TE_FEATURES & TE_FEATURE_COLLECT
void te_on_packed_show(const te_frame *request) {
  unpack(request, te_collect_take);
}
#endif

#endif
