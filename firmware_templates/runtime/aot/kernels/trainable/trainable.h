/* Training of a model's last dense layers on the device: float32 stochastic gradient descent on
 * the features that the int8 layers before them compute. All memory is in the generated heads.c.
 *
 * The arithmetic is float32 in a fixed order without fused operations, so that
 * tinyedge/learn/sgd.py computes the same bits. Nothing here blocks or allocates. */
#ifndef TE_TRAINABLE_H
#define TE_TRAINABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "te_kernels.h"

/* A dense layer whose weights may change. */
typedef struct te_trainable_params {
  te_fully_connected_params dense; /* as compiled */
  int32_t layer;
} te_trainable_params;

void te_trainable(const te_trainable_params *params, const int8_t *input, int8_t *output);

/* int8 weights as the kernel runs them; those that were compiled in are in flash. */
typedef struct te_head_weights {
  int8_t *weights;     /* [outputs / 4, rounded up][input][4] */
  int32_t *bias;       /* with the zero point folded in */
  int32_t *multiplier; /* fixed point, 31 fractional bits */
  int8_t *shift;
  int32_t *plain_bias; /* as a .tflite file has it */
  float *scales;       /* of the weights, an output channel each */
} te_head_weights;

/* What is known of a dense layer when it is compiled, and its memory. */
typedef struct te_head {
  const te_fully_connected_params *compiled;
  const float *scales; /* of the compiled weights, an output channel each */
  float input_scale;
  float output_scale;
  int32_t input_zero_point;
  bool per_channel; /* one scale an output channel, else one for all */
  float low, high;  /* what int8 and the activation bound the output to; not of the last layer */
  float *weights;   /* [outputs][inputs + 1]: the last of a row is the bias */
  float *velocity;  /* the same */
  float *values;    /* [outputs] */
  float *errors;    /* [outputs] */
  te_head_weights slots[2];
} te_head;

/* Layers in the order in which they run; generated. Features: as the first of them read them. */
extern const te_head te_heads[];
extern const uint32_t te_head_count;
extern int8_t te_head_features[];

typedef struct te_learn_settings {
  float learning_rate; /* above 0 */
  float momentum;      /* 0 to 1 */
  float l2;            /* 0 or above; the weights' share in the gradient, biases have none */
  uint32_t batch;      /* samples of a step, at least 1 */
} te_learn_settings;

/* Of one sample, before the step that it takes part in. */
typedef struct te_learn_outcome {
  float probability; /* of the right class: the loss is -log of it */
  uint32_t predicted;
} te_learn_outcome;

/* Which weights run: 0 and 1 are the slots, -1 those that were compiled in. */
int32_t te_learn_active(void);

/* Starts from the weights that run, with no velocity and an empty batch. */
void te_learn_begin(const te_learn_settings *settings);

/* Goes on with another learning rate, above 0. */
void te_learn_rate(float learning_rate);

/* Trains on the features of the last inference. `label` is below the last layer's outputs. */
te_learn_outcome te_learn_sample(uint32_t label);

/* Quantizes what was learned and runs it from now on. An incomplete batch counts as a step. The
 * weights that ran before are kept until te_learn_keep or te_learn_undo decides; a second call
 * before that replaces only what is on trial. */
void te_learn_apply(void);

/* The weights on trial stay. */
void te_learn_keep(void);

/* The weights that ran before te_learn_apply run again. */
void te_learn_undo(void);

/* The weights that were compiled in run again. */
void te_learn_reset(void);

/* What te_learn_active has once given runs again; nothing may have been applied since. */
void te_learn_resume(int32_t slot);

/* What the kernel te_trainable runs for `layer`; called by it alone, with the layer's input. */
void te_learn_run(int32_t layer, const int8_t *input, te_fully_connected_params *params);

#endif
