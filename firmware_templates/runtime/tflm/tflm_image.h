/* What the generated model.cc gives to tflm_image.cc: what te_model points to. */
#ifndef TFLM_IMAGE_H
#define TFLM_IMAGE_H

#include <cstdint>

#include "te_model.h"

namespace te {

extern te_tensor_info inputs[], outputs[];
extern uint8_t sha256[32];

}  // namespace te

#endif
