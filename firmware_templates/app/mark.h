/* The mark: a pin that is high while the model runs, for a power monitor. */
#ifndef TE_MARK_H
#define TE_MARK_H

#include <stdint.h>

#include "te_model.h"

void te_mark_start(te_status ready);
void te_mark_infers(void);
void te_mark_inferred(te_status result, uint64_t ticks);

#endif
