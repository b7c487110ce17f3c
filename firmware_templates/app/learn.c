#include "learn.h"

#include <stdbool.h>
#include <string.h>

#include "command.h"
#include "inference.h"
#include "trainable.h"
#include "te_port.h"
#include "te_protocol.h"

static struct {
  uint32_t run;       /* the host's number of it; 0: none yet */
  uint32_t samples;   /* trained on in this run */
  uint32_t inference; /* the last of them; 0: none */
  uint8_t learned[TE_LEARNED_SIZE];
} state;

static int32_t home = -1; /* what ran before the newest update; -1: no weights that hold */

void te_learn_hello(void) {
  te_learn_undo(); /* nobody is there any more who would decide about a trial */
  state.run = state.inference = 0;
}

void te_learn_changed(bool back) {
  te_learn_hello();
  const int32_t left = te_learn_active();
  te_learn_resume(back ? home : -1);
  home = left;
}

static float get_float(const uint8_t *data) {
  const uint32_t bits = te_get_u32(data);
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void set_float(uint8_t *data, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  te_set_u32(data, bits);
}

static void answer_active(const te_frame *request) {
  uint8_t body[TE_LEARNING_SIZE];
  te_set_u32(body + TE_LEARNING_ACTIVE_AT, (uint32_t)te_learn_active());
  te_set_u32(body + TE_LEARNING_LAYERS_AT, te_head_count);
  te_set_u32(body + TE_LEARNING_SAMPLES_AT, state.samples);
  te_answer(request, body, sizeof body);
}

/* Positive and not so large that products overflow; NaN is neither. */
static bool usable_rate(float learning_rate) {
  return learning_rate > 0.0f && learning_rate <= 1e6f;
}

static bool usable(const te_learn_settings *settings) {
  return usable_rate(settings->learning_rate) && settings->momentum >= 0.0f &&
         settings->momentum < 1.0f && settings->l2 >= 0.0f && settings->l2 <= 1e6f &&
         settings->batch > 0;
}

void te_on_learn_begin(const te_frame *request) {
  const uint8_t *payload = request->payload;
  const uint32_t run = te_get_u32(payload + TE_LEARN_BEGIN_RUN_AT);
  const te_learn_settings settings = {
      .learning_rate = get_float(payload + TE_LEARN_BEGIN_LEARNING_RATE_AT),
      .momentum = get_float(payload + TE_LEARN_BEGIN_MOMENTUM_AT),
      .l2 = get_float(payload + TE_LEARN_BEGIN_L2_AT),
      .batch = te_get_u32(payload + TE_LEARN_BEGIN_BATCH_AT),
  };
  if (run == 0 || !usable(&settings)) {
    te_refuse(request, TE_CODE_RANGE, run, "settings of training");
    return;
  }
  if (run != state.run) {
    te_learn_begin(&settings);
    state.run = run;
    state.samples = state.inference = 0;
  }
  answer_active(request);
}

void te_on_learn_rate(const te_frame *request) {
  const float rate = get_float(request->payload + TE_LEARN_RATE_LEARNING_RATE_AT);
  if (state.run == 0) {
    te_refuse(request, TE_CODE_ORDER, 0, "");
    return;
  }
  if (!usable_rate(rate)) {
    te_refuse(request, TE_CODE_RANGE, state.run, "the learning rate");
    return;
  }
  te_learn_rate(rate);
  answer_active(request);
}

static void train(uint32_t inference, uint32_t label) {
  te_port_quiet(true);
  const uint64_t start = te_port_ticks();
  const te_learn_outcome outcome = te_learn_sample(label);
  const uint64_t ticks = te_port_ticks() - start;
  te_port_quiet(false);
  state.samples++;
  state.inference = inference;
  te_set_u32(state.learned + TE_LEARNED_INFERENCE_AT, inference);
  te_set_u32(state.learned + TE_LEARNED_SAMPLES_AT, state.samples);
  set_float(state.learned + TE_LEARNED_PROBABILITY_AT, outcome.probability);
  te_set_u32(state.learned + TE_LEARNED_PREDICTED_AT, outcome.predicted);
  te_set_u32(state.learned + TE_LEARNED_TICKS_AT, (uint32_t)ticks);
  te_set_u32(state.learned + TE_LEARNED_TICKS_AT + 4, (uint32_t)(ticks >> 32));
}

void te_on_learn_sample(const te_frame *request) {
  const uint32_t inference = te_get_u32(request->payload + TE_LEARN_SAMPLE_INFERENCE_AT);
  const uint32_t label = te_get_u32(request->payload + TE_LEARN_SAMPLE_LABEL_AT);
  const uint32_t classes = (uint32_t)te_heads[te_head_count - 1].compiled->outputs;
  if (state.run == 0 || !te_inference_holds(inference)) {
    te_refuse(request, TE_CODE_ORDER, te_inference_number(), "");
    return;
  }
  if (label >= classes) {
    te_refuse(request, TE_CODE_RANGE, classes, "");
    return;
  }
  if (inference != state.inference) train(inference, label);
  te_answer(request, state.learned, sizeof state.learned);
}

void te_on_learn_decide(const te_frame *request) {
  const uint32_t decision = te_get_u32(request->payload + TE_LEARN_DECIDE_DECISION_AT);
  switch (decision) {
    case TE_DECISION_APPLY:
      if (state.run == 0) {
        te_refuse(request, TE_CODE_ORDER, 0, "");
        return;
      }
      home = -1; /* its place is needed */
      te_learn_apply();
      break;
    case TE_DECISION_KEEP:
      te_learn_keep();
      break;
    case TE_DECISION_UNDO:
      te_learn_undo();
      break;
    case TE_DECISION_RESET:
      te_learn_reset();
      break;
    default:
      te_refuse(request, TE_CODE_RANGE, decision, "");
      return;
  }
  answer_active(request);
}

typedef struct bytes {
  const void *data; /* NULL: there are none */
  uint32_t size;
} bytes;

/* Part `part` of `layer`: the float weights, or one of the tables that run now. */
static bytes find(uint32_t layer, uint32_t part) {
  const te_head *head = &te_heads[layer];
  const uint32_t inputs = (uint32_t)head->compiled->inputs;
  const uint32_t outputs = (uint32_t)head->compiled->outputs;
  if (part == TE_PART_REAL) {
    return (bytes){head->weights, outputs * (inputs + 1) * (uint32_t)sizeof(float)};
  }
  const int32_t active = te_learn_active();
  if (active < 0) return (bytes){NULL, 0};
  const te_head_weights *slot = &head->slots[active];
  switch (part) {
    case TE_PART_WEIGHTS:
      return (bytes){slot->weights, (outputs + 3) / 4 * 4 * inputs};
    case TE_PART_BIAS:
      return (bytes){slot->plain_bias, outputs * (uint32_t)sizeof(int32_t)};
    case TE_PART_SCALES:
      return (bytes){slot->scales, outputs * (uint32_t)sizeof(float)};
    default:
      return (bytes){NULL, 0};
  }
}

void te_on_learn_read(const te_frame *request) {
  const uint32_t layer = te_get_u32(request->payload + TE_LEARN_READ_LAYER_AT);
  const uint32_t part = te_get_u32(request->payload + TE_LEARN_READ_PART_AT);
  const uint32_t offset = te_get_u32(request->payload + TE_LEARN_READ_OFFSET_AT);
  const uint32_t size = te_get_u32(request->payload + TE_LEARN_READ_SIZE_AT);
  if (layer >= te_head_count) {
    te_refuse(request, TE_CODE_RANGE, te_head_count, "");
    return;
  }
  const bytes found = find(layer, part);
  if (found.data == NULL) {
    te_refuse(request, TE_CODE_ORDER, part, "nothing was learned yet");
    return;
  }
  if (offset > found.size || size > found.size - offset || size > TE_MAX_ANSWER) {
    te_refuse(request, TE_CODE_RANGE, found.size, "");
    return;
  }
  te_answer(request, (const uint8_t *)found.data + offset, size);
}
