/* Feature `learn`: the model's last dense layers are trained by requests. Its RAM is in the
 * generated heads.c; besides it keeps the answer to the last sample (32 bytes). */
#ifndef TE_LEARN_H
#define TE_LEARN_H

#include <stdbool.h>

#include "frame.h"

/* LEARN_BEGIN: starts a run from the weights that run now; the same run again changes nothing. */
void te_on_learn_begin(const te_frame *request);

/* LEARN_RATE: goes on with another learning rate. */
void te_on_learn_rate(const te_frame *request);

/* LEARN_SAMPLE: trains on an inference that has been run, and once only. */
void te_on_learn_sample(const te_frame *request);

/* LEARN_DECIDE: apply what was learned on trial, keep it, undo it, or go back to the firmware's. */
void te_on_learn_decide(const te_frame *request);

/* LEARN_READ: bytes of a layer's weights. */
void te_on_learn_read(const te_frame *request);

/* A new session: a trial that the one before left open is undone, and its inferences have none of
 * the numbers that were trained on. */
void te_learn_hello(void);

/* Another model runs: what was learned belongs to the one before. `back`: it is the one before,
 * for an update has come to nothing, and so does what it had learned. */
void te_learn_changed(bool back);

#endif
