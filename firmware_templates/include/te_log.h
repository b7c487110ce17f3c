/* Text for the host, in frames of its own so that it never mixes with data. */
#ifndef TE_LOG_H
#define TE_LOG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sends one LOG frame with the NUL-terminated UTF-8 `text` (cut at TE_MAX_ANSWER bytes); blocks
 * until sent. Not for interrupts, nor between the parts of another frame. */
void te_log(const char *text);

/* Sends one ERROR frame: the processor faulted at `address` for the reason `text`. For fault
 * handlers: works whatever was being sent; the caller halts afterwards. */
void te_fault(const char *text, uint32_t address);

#ifdef __cplusplus
}
#endif

#endif
