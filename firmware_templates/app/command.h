/* What the device does when asked (see te_protocol.h). */
#ifndef TE_COMMAND_H
#define TE_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* Initialises the model, says READY, then answers requests until the link has gone for good.
 * A model that fails to initialise is reported in every answer; it is never run. */
void te_command_loop(void);

/* What a handler of a request ends with: one of these, or a frame of its own, and exactly one. */

/* Sends the answer to `request`, with `size` bytes of payload (at most TE_MAX_ANSWER). */
void te_answer(const te_frame *request, const void *payload, size_t size);

/* Sends ERROR with a code (TE_CODE_...), its detail (see protocol.py) and a text, often "". */
void te_refuse(const te_frame *request, uint32_t code, uint32_t detail, const char *text);

#ifdef TE_OBSERVE
/* PROFILE: ticks of the last inference's layers from `first` on, as many as a frame holds. */
void te_on_profile(const te_frame *request);

/* WATCH: whether the next inferences send their layers' outputs. At first they do not. */
void te_on_watch(const te_frame *request);
#endif

#endif
