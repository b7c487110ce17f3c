/* Feature `locked`: of what the firmware can answer, only the requests that tinyedge/link/locked.py
 * allows are: none that tells weights, inner tensors or raw inputs. */
#ifndef TE_LOCKED_H
#define TE_LOCKED_H

#include <stdbool.h>

#include "frame.h"

/* false: the request has been refused. */
bool te_locked_admit(const te_frame *request);

#endif
