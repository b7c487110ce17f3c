/* The counter behind te_port_ticks: the system counter of Arm's SSE-300, 64 bits wide. Its control
 * frame is at TE_COUNTER, its status frame at TE_COUNTER_STATUS. It needs no interrupt. */
#ifndef TE_TICK_H
#define TE_TICK_H

#include "cortex_m.h"

#endif
