#include "te_dot.h"
#include "te_kernels.h"

void te_fully_connected(const te_fully_connected_params *params, const int8_t *input,
                        int8_t *output) {
  const int32_t inputs = params->inputs;
  const int32_t outputs = params->outputs;
  for (int32_t row = 0; row < params->rows; ++row, input += inputs, output += outputs) {
    const int8_t *weights = params->weights;
    for (int32_t channel = 0; channel < outputs; channel += 4, weights += 4 * inputs) {
      te_acc4 acc = te_acc4_start(&params->stage, channel);
      acc = te_acc4_dot(acc, input, weights, inputs);
      te_acc4_store(&params->stage, acc, channel, outputs - channel, output + channel);
    }
  }
}
