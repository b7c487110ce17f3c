/* te_model.h over a compiled model: nothing is set up at run time, and nothing can fail. */
#include "te_aot.h"

te_status te_model_init(void) {
  te_aot_start();
  return TE_OK;
}

void *te_model_input(uint32_t index) {
  return index < te_model.input_count ? te_aot_inputs[index] : 0;
}

te_status te_model_invoke(void) {
  te_aot_run();
  return TE_OK;
}

const void *te_model_output(uint32_t index) {
  return index < te_model.output_count ? te_aot_outputs[index] : 0;
}

uint32_t te_model_arena_used(void) {
  return te_model.arena_bytes;
}

const char *te_model_error(void) {
  return "";
}
