#include "lx6.h"
#include "xtensa_lx6.h"

void te_lx6_add(const te_lx6_add_params *params, const void *a, const void *b, void *output) {
  params->kernel(a, b, output, params);
  te_lx6_limit(output, params->words * 4, (int8_t)params->low, (int8_t)params->high);
}
