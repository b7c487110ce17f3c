#include "trainable.h"

void te_trainable(const te_trainable_params *params, const int8_t *input, int8_t *output) {
  te_fully_connected_params dense = params->dense;
  te_learn_run(params->layer, input, &dense);
  te_fully_connected(&dense, input, output);
}
