/* Feature `monitor`: what inputs, answers and times have been like, counted on the device in a
 * fixed block of about 0.4 KB, and resets (resets.h). Each inference costs a pass over its input,
 * which is not in its ticks. Only int8 inputs and outputs are looked at, and of several the first.
 */
#ifndef TE_MONITOR_H
#define TE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "te_model.h"

/* MONITOR: everything since the device was started or cleared, and how often it has started. */
void te_on_monitor(const te_frame *request);

/* MONITOR_CLEAR: counts from nothing again. */
void te_on_monitor_clear(const te_frame *request);

/* Counts the start, and a fault's. */
void te_monitor_start(te_status ready);
void te_monitor_fault(void);

/* Looks at the input, before the inference uses its memory. */
void te_monitor_infers(void);

/* Counts the answer. */
void te_monitor_inferred(te_status result, uint64_t ticks);

/* Another model runs: its answers are counted from nothing. */
void te_monitor_changed(bool back);

#endif
