/* The counter behind te_port_ticks: a CMSDK timer at TE_TIMER, which counts down. */
#ifndef TE_TICK_H
#define TE_TICK_H

#include "cortex_m.h"
#include "te_board.h"

enum { TE_TICK_VECTOR = TE_CORE_VECTOR_COUNT + TE_TIMER_INTERRUPT };

#endif
