/* What the generated model.cc gives to the tflm runtime. */
#ifndef TFLM_MODEL_H
#define TFLM_MODEL_H

#include <cstdint>

#include "te_model.h"
#include "tensorflow/lite/micro/micro_op_resolver.h"

namespace te {

// The .tflite file that runs, in flash, aligned to 16.
const unsigned char *ModelData();

// The tensor arena; te_model.arena_bytes long.
extern uint8_t *const kArena;

// Builds the resolver with exactly the model's operators. nullptr if TFLM refused
// one of them.
const tflite::MicroOpResolver *BuildResolver();

// What te_model_error gives.
extern char error_text[256];

// Sets scale and zero point to those of the prepared model: te_model's counts of entries.
void ReadQuantization(te_tensor_info *inputs, te_tensor_info *outputs);

}  // namespace te

#endif
