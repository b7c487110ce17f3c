/* Faults, told by the start after them. ESP-IDF's own handler restarts the chip; before it does,
 * cause, address and registers go to memory of the RTC, which a reset keeps. */
#ifndef TE_PANIC_H
#define TE_PANIC_H

#include <stdbool.h>

/* The calling task's stack is the one whose overflow is told as such. */
void te_panic_watch(void);

/* Sends what the last fault has left as a fault's frame, once, and returns whether there was some.
 * `why`: what the chip says of its restart, for faults that left no text; NULL: nothing. */
bool te_panic_tell(const char *why);

#endif
