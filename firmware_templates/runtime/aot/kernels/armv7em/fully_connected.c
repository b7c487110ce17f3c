#include "armv7em.h"

void te_v7em_fully_connected(const te_v7em_fully_connected_params *params, const void *input,
                             void *output, void *scratch) {
  const uint8_t *from = input;
  uint8_t *to = output;
  for (uint32_t i = 0; i < params->batches; i++) {
    params->unpack(from, scratch, params->units);
    params->kernel(scratch, params->stream, to, params);
    from += params->inputs;
    to += params->channels;
  }
}
