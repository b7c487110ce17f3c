#include "armv6m.h"

void te_v6m_add(const te_v6m_add_params *params, const void *a, const void *b, void *output) {
  params->kernel(params, a, b, output);
}
