/* What the convolutions' drivers share. */
#ifndef TE_V6M_CONV_H
#define TE_V6M_CONV_H

#include "armv6m.h"

enum { TE_V6M_PIXELS = 4, TE_V6M_GROUP_WORDS = 3 * TE_V6M_PIXELS };

static inline te_v6m_block te_v6m_block_of(const te_v6m_conv_params *p, const uint32_t *columns,
                                           int8_t *output) {
  const te_v6m_block block = {
      .columns = columns,
      .end = columns + p->groups * (uint32_t)TE_V6M_GROUP_WORDS,
      .stream = p->stream,
      .output = output,
      .channels = p->output_channels,
      .rest = p->rest,
      .low = p->low,
      .high = p->high,
  };
  return block;
}

#endif
