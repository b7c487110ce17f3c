#include "trainable.h"

#include <string.h>

#include "te_exp.h"
#include "te_requant.h"

#define COMPILED (-1)

static struct {
  int32_t active; /* slot that runs, or COMPILED */
  int32_t before; /* what ran before the trial */
  bool trial;
  uint32_t pending; /* samples of the batch that have come */
  te_learn_settings settings;
} state = {.active = COMPILED, .before = COMPILED};

int32_t te_learn_active(void) {
  return state.active;
}

/* Weight of output `channel` and input `i` in the order of the kernel's blocks. */
static int32_t block_index(const te_head *head, int32_t channel, int32_t i) {
  return (channel / 4 * head->compiled->inputs + i) * 4 + channel % 4;
}

/* The plain bias: the kernel's has the zero point folded in. */
static int32_t plain_bias(const te_head *head, const int8_t *weights, const int32_t *bias,
                          int32_t channel) {
  int32_t sum = 0;
  for (int32_t i = 0; i < head->compiled->inputs; i++) {
    sum += weights[block_index(head, channel, i)];
  }
  return (int32_t)((uint32_t)bias[channel] + (uint32_t)(head->input_zero_point * sum));
}

static void dequantize(const te_head *head, const int8_t *weights, const int32_t *bias,
                       const float *scales) {
  const int32_t inputs = head->compiled->inputs;
  float *to = head->weights;
  for (int32_t channel = 0; channel < head->compiled->outputs; channel++) {
    for (int32_t i = 0; i < inputs; i++) {
      *to++ = (float)weights[block_index(head, channel, i)] * scales[channel];
    }
    const float scale = head->input_scale * scales[channel];
    *to++ = (float)plain_bias(head, weights, bias, channel) * scale;
  }
}

void te_learn_begin(const te_learn_settings *settings) {
  state.settings = *settings;
  state.pending = 0;
  for (uint32_t layer = 0; layer < te_head_count; layer++) {
    const te_head *head = &te_heads[layer];
    const uint32_t count =
        (uint32_t)head->compiled->outputs * ((uint32_t)head->compiled->inputs + 1);
    if (state.active == COMPILED) {
      dequantize(head, head->compiled->weights, head->compiled->stage.bias, head->scales);
    } else {
      const te_head_weights *slot = &head->slots[state.active];
      dequantize(head, slot->weights, slot->bias, slot->scales);
    }
    for (uint32_t i = 0; i < count; i++) head->velocity[i] = 0.0f;
  }
}

void te_learn_rate(float learning_rate) {
  state.settings.learning_rate = learning_rate;
}

static float input_value(const te_head *head, int32_t layer, int32_t i) {
  if (layer > 0) return te_heads[layer - 1].values[i];
  return (float)(te_head_features[i] - head->input_zero_point) * head->input_scale;
}

static float bounded(const te_head *head, float value) {
  if (value < head->low) return head->low;
  return value > head->high ? head->high : value;
}

static void forward(int32_t layer) {
  const te_head *head = &te_heads[layer];
  const int32_t inputs = head->compiled->inputs;
  const float *row = head->weights;
  for (int32_t channel = 0; channel < head->compiled->outputs; channel++, row += inputs + 1) {
    float sum = row[inputs];
    for (int32_t i = 0; i < inputs; i++) {
      const float product = row[i] * input_value(head, layer, i);
      sum = sum + product;
    }
    head->values[channel] = layer + 1 < (int32_t)te_head_count ? bounded(head, sum) : sum;
  }
}

/* Softmax and cross-entropy: the last layer's errors are probabilities, less 1 at the label. */
static te_learn_outcome judge(const te_head *head, uint32_t label) {
  const int32_t classes = head->compiled->outputs;
  uint32_t best = 0;
  for (int32_t i = 1; i < classes; i++) {
    if (head->values[i] > head->values[best]) best = (uint32_t)i;
  }
  float sum = 0.0f;
  for (int32_t i = 0; i < classes; i++) {
    head->errors[i] = te_exp(head->values[i] - head->values[best]);
    sum = sum + head->errors[i];
  }
  for (int32_t i = 0; i < classes; i++) head->errors[i] = head->errors[i] / sum;
  const te_learn_outcome outcome = {head->errors[label], best};
  head->errors[label] = head->errors[label] - 1.0f;
  return outcome;
}

/* Errors of the layer before, from those of `layer`, while its weights are still the old ones. */
static void backward(int32_t layer) {
  const te_head *head = &te_heads[layer];
  const te_head *before = &te_heads[layer - 1];
  const int32_t inputs = head->compiled->inputs;
  for (int32_t i = 0; i < inputs; i++) {
    float sum = 0.0f;
    for (int32_t channel = 0; channel < head->compiled->outputs; channel++) {
      const float product = head->weights[channel * (inputs + 1) + i] * head->errors[channel];
      sum = sum + product;
    }
    const float value = before->values[i];
    const bool passes = value > before->low && value < before->high;
    before->errors[i] = passes ? sum : 0.0f;
  }
}

/* The velocity at the start of a batch: momentum, and the pull of L2 on the weights. */
static void begin_batch(const te_head *head) {
  const int32_t inputs = head->compiled->inputs;
  const float pull = state.settings.learning_rate * state.settings.l2;
  float *velocity = head->velocity;
  const float *weight = head->weights;
  for (int32_t channel = 0; channel < head->compiled->outputs; channel++) {
    for (int32_t i = 0; i <= inputs; i++, velocity++, weight++) {
      const float kept = state.settings.momentum * *velocity;
      const float pulled = i < inputs ? pull * *weight : 0.0f;
      *velocity = kept - pulled;
    }
  }
}

static void accumulate(int32_t layer) {
  const te_head *head = &te_heads[layer];
  const int32_t inputs = head->compiled->inputs;
  const float rate = state.settings.learning_rate / (float)state.settings.batch;
  float *velocity = head->velocity;
  for (int32_t channel = 0; channel < head->compiled->outputs; channel++) {
    const float step = rate * head->errors[channel];
    for (int32_t i = 0; i < inputs; i++, velocity++) {
      const float change = step * input_value(head, layer, i);
      *velocity = *velocity - change;
    }
    *velocity = *velocity - step;
    velocity++;
  }
}

static void end_batch(void) {
  if (state.pending == 0) return;
  for (uint32_t layer = 0; layer < te_head_count; layer++) {
    const te_head *head = &te_heads[layer];
    const uint32_t count =
        (uint32_t)head->compiled->outputs * ((uint32_t)head->compiled->inputs + 1);
    for (uint32_t i = 0; i < count; i++) head->weights[i] = head->weights[i] + head->velocity[i];
  }
  state.pending = 0;
}

te_learn_outcome te_learn_sample(uint32_t label) {
  const int32_t last = (int32_t)te_head_count - 1;
  for (int32_t layer = 0; layer <= last; layer++) {
    if (state.pending == 0) begin_batch(&te_heads[layer]);
    forward(layer);
  }
  const te_learn_outcome outcome = judge(&te_heads[last], label);
  for (int32_t layer = last; layer >= 0; layer--) {
    if (layer > 0) backward(layer);
    accumulate(layer);
  }
  state.pending++;
  if (state.pending >= state.settings.batch) end_batch();
  return outcome;
}

/* Largest weight of `channel`, without its sign. */
static float largest(const te_head *head, int32_t channel) {
  const float *row = head->weights + channel * (head->compiled->inputs + 1);
  float most = 0.0f;
  for (int32_t i = 0; i < head->compiled->inputs; i++) {
    const float size = row[i] < 0.0f ? -row[i] : row[i];
    if (size > most) most = size;
  }
  return most;
}

static void choose_scales(const te_head *head, float *scales) {
  const int32_t outputs = head->compiled->outputs;
  float most = 0.0f;
  for (int32_t channel = 0; channel < outputs; channel++) {
    const float here = largest(head, channel);
    if (here > most) most = here;
    scales[channel] = here > 0.0f ? here / 127.0f : head->scales[channel];
  }
  if (head->per_channel) return;
  for (int32_t channel = 0; channel < outputs; channel++) {
    scales[channel] = most > 0.0f ? most / 127.0f : head->scales[channel];
  }
}

static void quantize_channel(const te_head *head, const te_head_weights *slot, int32_t channel) {
  const int32_t inputs = head->compiled->inputs;
  const float *row = head->weights + channel * (inputs + 1);
  const float scale = slot->scales[channel];
  int32_t sum = 0;
  for (int32_t i = 0; i < inputs; i++) {
    const int32_t weight = te_round(row[i] / scale, 127);
    slot->weights[block_index(head, channel, i)] = (int8_t)weight;
    sum += weight;
  }
  const int32_t bias = te_round(row[inputs] / (head->input_scale * scale), TE_BIAS_LIMIT);
  slot->plain_bias[channel] = bias;
  slot->bias[channel] = bias - head->input_zero_point * sum;
  te_multiplier(head->input_scale, scale, head->output_scale, &slot->multiplier[channel],
                &slot->shift[channel]);
}

void te_learn_apply(void) {
  end_batch();
  if (!state.trial) state.before = state.active;
  const int32_t target = state.before == 0 ? 1 : 0;
  for (uint32_t layer = 0; layer < te_head_count; layer++) {
    const te_head *head = &te_heads[layer];
    choose_scales(head, head->slots[target].scales);
    for (int32_t channel = 0; channel < head->compiled->outputs; channel++) {
      quantize_channel(head, &head->slots[target], channel);
    }
  }
  state.active = target;
  state.trial = true;
}

void te_learn_keep(void) {
  state.trial = false;
}

void te_learn_undo(void) {
  if (state.trial) state.active = state.before;
  state.trial = false;
}

void te_learn_resume(int32_t slot) {
  state.active = state.before = slot;
  state.trial = false;
}

void te_learn_reset(void) {
  te_learn_resume(COMPILED);
}

void te_learn_run(int32_t layer, const int8_t *input, te_fully_connected_params *params) {
  if (layer == 0) memcpy(te_head_features, input, (size_t)params->inputs);
  if (state.active == COMPILED) return;
  const te_head_weights *slot = &te_heads[layer].slots[state.active];
  params->weights = slot->weights;
  params->stage.bias = slot->bias;
  params->stage.multiplier = slot->multiplier;
  params->stage.shift = slot->shift;
}
