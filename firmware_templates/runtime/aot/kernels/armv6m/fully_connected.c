#include "armv6m.h"

void te_v6m_fully_connected(const te_v6m_fully_connected_params *params, const void *input,
                            void *output, void *scratch) {
  uint32_t *const columns = scratch;
  const int8_t *from = input;
  te_v6m_block block = {
      .columns = columns,
      .end = columns + params->groups * 3u,
      .stream = params->stream,
      .output = output,
      .channels = params->outputs,
      .rest = params->rest,
      .low = params->low,
      .high = params->high,
  };
  for (uint32_t row = 0; row < params->batches; row++) {
    params->unpack(from, columns, params->groups);
    params->kernel(&block);
    from += params->inputs;
    block.output += params->outputs;
  }
}
