#include "mve.h"
#include "mve_limits.h"

void te_mve_fully_connected(const te_mve_fully_connected_params *params, const void *input,
                            void *output) {
  te_mve_dense_run run = {
      .stream = params->stream,
      .input = input,
      .output = output,
      .eights = (params->outputs + 7u) / 8,
      .turns = params->turns,
      .zero = params->zero,
  };
  te_mve_set_limits(run.limits, params->low, params->high);
  for (uint32_t i = 0; i < params->batches; i++) {
    params->kernel(&run);
    run.input += params->inputs;
    run.output += params->outputs;
  }
}
