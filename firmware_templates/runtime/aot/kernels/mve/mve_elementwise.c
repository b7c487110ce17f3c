#include "mve.h"

void te_mve_add(const te_mve_add_params *params, const void *a, const void *b, void *output) {
  params->kernel(params, a, b, output);
}
