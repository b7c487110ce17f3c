/* The counter behind te_port_ticks: TIMER0 of an nRF, 32 bits at 16 MHz. */
#ifndef TE_TICK_H
#define TE_TICK_H

#include "cortex_m.h"

enum { TE_TICK_VECTOR = TE_CORE_VECTOR_COUNT + 8 };

#endif
