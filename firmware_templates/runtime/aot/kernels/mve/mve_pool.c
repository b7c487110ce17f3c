#include "mve.h"

void te_mve_average_pool(const te_mve_average_pool_params *params, const void *input,
                         void *output) {
  params->kernel(input, output, params);
}
