#include "armv6m.h"

/* A channel's part of the stream: which kernel, its requantization, then its weights. Widens these,
 * with the requantization behind them, to `head`; returns the kernel's number. */
static uint32_t unpack_channel(const te_v6m_depthwise_params *p, const uint32_t *stream,
                               uint32_t *head) {
  const uint32_t *const stage = stream + 1;
  const int8_t *from = (const int8_t *)(stage + p->stage_words);
  for (const int8_t *const end = from + p->taps; from != end;) *head++ = (uint32_t)*from++;
  for (uint32_t i = 0; i < p->stage_words; i++) *head++ = stage[i];
  return *stream;
}

void te_v6m_depthwise(const te_v6m_depthwise_params *params, const void *input, void *output,
                      void *scratch) {
  const te_v6m_depthwise_params *const p = params;
  uint32_t *const head = scratch;
  uint32_t *const plane = head + p->taps + p->stage_words;
  const int8_t *from = input;
  const uint32_t *stream = p->stream;
  te_v6m_depthwise_run run = p->run;
  run.pairs = plane;
  run.head = head;
  run.output = output;
  /* what no input is written to stays padding for all channels */
  const uint32_t padding = (uint32_t)(p->pairs_run.padding * 0x10001);
  for (uint32_t i = 0; i < p->plane_words; i++) plane[i] = padding;
  for (uint32_t c = 0; c < p->channels; c++) {
    const uint32_t kernel = unpack_channel(p, stream, head);
    p->pairs(from++, plane + p->first_word, &p->pairs_run);
    p->kernels[kernel](&run);
    run.output++;
    stream += p->channel_words;
  }
}
