/* What the generated model.cc gives to the tflm runtime. */
#ifndef TFLM_MODEL_H
#define TFLM_MODEL_H

#include <cstdint>

#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace te {

// The .tflite file, in flash.
extern const unsigned char *const kModelData;

// The tensor arena; te_model.arena_bytes long.
extern uint8_t *const kArena;

// Builds the resolver with exactly the model's operators; call it once. nullptr if TFLM refused
// one of them.
const tflite::MicroOpResolver *BuildResolver();

}  // namespace te

#endif
