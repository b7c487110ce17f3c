/* Models that take the place of the compiled-in one: an image is the SHA-256 of a .tflite, the
 * bytes of arena that it was planned to need, and from TE_IMAGE_BODY_AT on the file. */
#include <cstdint>
#include <cstring>

#include "image.h"
#include "te_model.h"
#include "tflm_image.h"
#include "tflm_model.h"
#include "tflm_port.h"

namespace te {
namespace {

constexpr uint32_t kArenaAt = sizeof(sha256);

const uint8_t *image = te_image;  // what runs

}  // namespace

const unsigned char *ModelData() {
  return image + TE_IMAGE_BODY_AT;
}

}  // namespace te

te_status te_model_bind(const uint8_t *data, uint32_t) {
  uint32_t arena;
  memcpy(&arena, data + te::kArenaAt, sizeof(arena));
  if (arena > te_model.arena_bytes) {
    te::Format(te::error_text, sizeof(te::error_text),
               "it needs an arena of %u bytes, this firmware's has %u",
               static_cast<unsigned>(arena), static_cast<unsigned>(te_model.arena_bytes));
    return TE_ERR_ARENA;
  }
  te::image = data;
  memcpy(te::sha256, data, sizeof(te::sha256));
  const te_status status = te_model_init();
  if (status == TE_OK) {
    te::ReadQuantization(te::inputs, te::outputs);
  }
  return status;
}
