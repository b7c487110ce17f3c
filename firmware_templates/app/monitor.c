#include "monitor.h"

#include <string.h>

#include "command.h"
#include "resets.h"
#include "te_port.h"
#include "te_protocol.h"

static struct {
  uint32_t inferences;
  uint32_t failed; /* of them, without an answer */
  uint64_t least, most, ticks;
  uint64_t input_bytes, input_squares;
  int64_t input_sum;
  uint32_t confidence[TE_MONITOR_BINS]; /* by the answer's largest value */
  uint32_t classes[TE_MONITOR_CLASSES]; /* the last counts all that are beyond */
  uint64_t inputs[TE_MONITOR_BINS];     /* by the input's values */
} seen;

/* int8 -128..127 to one of the bins. */
static uint32_t bin(int8_t value) {
  return (uint32_t)(value + 128) / (256 / TE_MONITOR_BINS);
}

static void clear(void) {
  memset(&seen, 0, sizeof seen);
}

void te_monitor_changed(bool back) {
  (void)back;
  clear();
}

void te_monitor_start(te_status ready) {
  (void)ready;
  te_resets_start();
}

void te_monitor_fault(void) {
  te_resets_fault();
}

void te_monitor_infers(void) {
  if (te_model.inputs[0].dtype != TE_INT8) return;
  const int8_t *input = te_model_input(0);
  const uint32_t bytes = te_model.inputs[0].bytes;
  int32_t sum = 0;
  uint32_t squares = 0; /* of at most 2^17 values, each up to 2^14 */
  for (uint32_t i = 0; i < bytes; i++) {
    seen.inputs[bin(input[i])]++;
    sum += input[i];
    squares += (uint32_t)(input[i] * input[i]);
    if ((i & 0x1FFFF) == 0x1FFFF || i + 1 == bytes) {
      seen.input_sum += sum;
      seen.input_squares += squares;
      sum = 0;
      squares = 0;
    }
  }
  seen.input_bytes += bytes;
}

static void count_answer(void) {
  const int8_t *output = te_model_output(0);
  uint32_t best = 0;
  for (uint32_t i = 1; i < te_model.outputs[0].bytes; i++) {
    if (output[i] > output[best]) best = i;
  }
  seen.confidence[bin(output[best])]++;
  seen.classes[best < TE_MONITOR_CLASSES ? best : TE_MONITOR_CLASSES - 1]++;
}

void te_monitor_inferred(te_status result, uint64_t ticks) {
  seen.inferences++;
  if (result != TE_OK) {
    seen.failed++;
    return;
  }
  if (seen.least == 0 || ticks < seen.least) seen.least = ticks;
  if (ticks > seen.most) seen.most = ticks;
  seen.ticks += ticks;
  if (te_model.outputs[0].dtype == TE_INT8) count_answer();
}

static void set_u64(uint8_t *to, uint64_t value) {
  te_set_u32(to, (uint32_t)value);
  te_set_u32(to + 4, (uint32_t)(value >> 32));
}

static void put_u32s(const uint32_t *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint8_t word[4];
    te_set_u32(word, values[i]);
    te_frame_put(word, sizeof word);
  }
}

static void put_u64s(const uint64_t *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint8_t word[8];
    set_u64(word, values[i]);
    te_frame_put(word, sizeof word);
  }
}

void te_on_monitor(const te_frame *request) {
  uint8_t body[TE_MONITORED_SIZE];
  te_set_u32(body + TE_MONITORED_INFERENCES_AT, seen.inferences);
  te_set_u32(body + TE_MONITORED_FAILED_AT, seen.failed);
  te_set_u32(body + TE_MONITORED_DAMAGED_AT, te_frame_damaged());
  te_set_u32(body + TE_MONITORED_OVERRUNS_AT, te_port_overruns());
  te_set_u32(body + TE_MONITORED_STACK_PEAK_AT, (uint32_t)te_port_stack_peak());
  set_u64(body + TE_MONITORED_TICKS_LEAST_AT, seen.least);
  set_u64(body + TE_MONITORED_TICKS_MOST_AT, seen.most);
  set_u64(body + TE_MONITORED_TICKS_AT, seen.ticks);
  set_u64(body + TE_MONITORED_INPUT_BYTES_AT, seen.input_bytes);
  set_u64(body + TE_MONITORED_INPUT_SUM_AT, (uint64_t)seen.input_sum);
  set_u64(body + TE_MONITORED_INPUT_SQUARES_AT, seen.input_squares);
  te_frame_begin(request->type | TE_ANSWER, request->sequence,
                 sizeof body + sizeof seen.confidence + sizeof seen.classes + sizeof seen.inputs +
                     TE_RESETS * sizeof(uint32_t));
  te_frame_put(body, sizeof body);
  put_u32s(seen.confidence, TE_MONITOR_BINS);
  put_u32s(seen.classes, TE_MONITOR_CLASSES);
  put_u64s(seen.inputs, TE_MONITOR_BINS);
  put_u32s(te_resets(), TE_RESETS);
  te_frame_end();
}

void te_on_monitor_clear(const te_frame *request) {
  clear();
  te_answer(request, NULL, 0);
}
