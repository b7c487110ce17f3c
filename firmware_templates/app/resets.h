/* How often the device has started, and why: counted in RAM that a reset leaves as it was, until
 * power is lost. Its RAM: TE_KEPT_BYTES. */
#ifndef TE_RESETS_H
#define TE_RESETS_H

#include <stdint.h>

/* Counts this start. Once, first. */
void te_resets_start(void);

/* The next start is told as that of a fault, unless power was lost. Before te_resets_start, where a
 * watchdog's restart is told as a fault, it does nothing. */
void te_resets_fault(void);

/* TE_RESETS counts, by TE_RESET_... */
const uint32_t *te_resets(void);

#endif
