#include "conv.h"

void te_v6m_conv_pointwise(const te_v6m_conv_pointwise_params *params, const void *input,
                           void *output, void *scratch) {
  const uint32_t pixels = (uint32_t)params->output_height * params->output_width;
  const int32_t depth = params->input_channels;
  int32_t output_step = TE_V6M_PIXELS * params->output_channels;
  int32_t input_step = 0; /* behind a block's last pixel */
  uint32_t blocks = (pixels + TE_V6M_PIXELS - 1) / TE_V6M_PIXELS;
  uint32_t *const columns = scratch;
  const int8_t *from = input;
  te_v6m_block block = te_v6m_block_of(params, columns, output);
  /* What lies above its input, or grows in place, is computed last block first, so that no pixel
   * reaches those still to be read. */
  if (output > input || (output == input && params->output_channels > params->input_channels)) {
    from += (int32_t)(blocks - 1) * TE_V6M_PIXELS * depth;
    block.output += (int32_t)(blocks - 1) * output_step;
    input_step = -2 * TE_V6M_PIXELS * depth;
    output_step = -output_step;
  }
  do {
    for (uint32_t *to = columns; to != columns + TE_V6M_GROUP_WORDS; to += 3, from += depth) {
      params->unpack(from, to, params->groups);
    }
    params->kernel(&block);
    from += input_step;
    block.output += output_step;
  } while (--blocks > 0);
}
