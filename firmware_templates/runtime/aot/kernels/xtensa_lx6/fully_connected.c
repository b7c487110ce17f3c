#include "lx6.h"
#include "xtensa_lx6.h"

void te_lx6_fully_connected(const te_lx6_fully_connected_params *params, const void *input,
                            void *output, void *scratch) {
  uint32_t *const columns = (uint32_t *)(void *)scratch;
  const int8_t *from = input;
  int8_t *to = output;
  for (uint32_t row = 0; row < params->batches; row++) {
    params->unpack(from, columns, params->units);
    params->kernel(columns, params->stream, to, params->outputs, params->turns);
    te_lx6_limit(to, params->outputs, params->low, params->high);
    from += params->inputs;
    to += params->outputs;
  }
}
