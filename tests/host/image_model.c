/* A runtime made by hand whose images, like those of tflm, vary in size and can be refused: the
 * output is the input XORed with the last byte of the image. ARENA in the environment stands for
 * other firmware, with another arena. */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "te_model.h"

enum { BYTES = 16, ARENA = 100 };

static int8_t input[BYTES], output[BYTES];
static uint8_t sha256[32];
static int8_t key;
static const char *error = "";

static const te_tensor_info tensor = {BYTES, TE_INT8, 2, {1, BYTES}, 0.5f, 0};
static const te_constant constants[] = {{"1234", 4}, {"56789", 5}};

const te_model_info te_model = {
    .name = "made by hand",
    .runtime = "tflm",
    .sha256 = sha256,
    .input_count = 1,
    .output_count = 1,
    .inputs = &tensor,
    .outputs = &tensor,
    .arena_bytes = ARENA,
    .constants = constants,
    .constant_count = 2,
    .constants_crc = 0xcbf43926u, /* of "123456789" */
};

te_status te_model_bind(const uint8_t *data, uint32_t bytes) {
  const char *other = getenv("ARENA");
  uint32_t arena;
  memcpy(&arena, data + sizeof sha256, sizeof arena);
  if (arena > (other == NULL ? (uint32_t)ARENA : (uint32_t)atoi(other))) {
    key = 0; /* as of an interpreter that is half made */
    error = "the arena is too small";
    return TE_ERR_ARENA;
  }
  memcpy(sha256, data, sizeof sha256);
  key = (int8_t)data[bytes - 1];
  error = "";
  return TE_OK;
}

te_status te_model_init(void) {
  return te_model_bind(te_image, TE_IMAGE_BYTES);
}

void *te_model_input(uint32_t index) {
  return index == 0 ? input : NULL;
}

te_status te_model_invoke(void) {
  for (int i = 0; i < BYTES; i++) output[i] = input[i] ^ key;
  return TE_OK;
}

const void *te_model_output(uint32_t index) {
  return index == 0 ? output : NULL;
}

uint32_t te_model_arena_used(void) {
  return ARENA;
}

const char *te_model_error(void) {
  return error;
}
