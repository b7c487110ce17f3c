/* What the application holds the model and memory to: constants as they were built, and nothing
 * written beside the arena or at the end of the stack. */
#ifndef TE_GUARD_H
#define TE_GUARD_H

#include "te_model.h"

/* te_model_init, if the model's constants have their CRC; else TE_ERR_DAMAGED. Call it first. */
te_status te_guard_init(void);

/* TE_ERR_MEMORY, from then on for ever, if something has written beside the arena or the stack has
 * been used up. To be called after each inference. */
te_status te_guard_check(void);

/* Reason of the last failure: te_model_error's, or one of these. NUL-terminated, never NULL. */
const char *te_guard_error(void);

#endif
