/* The counter behind te_port_ticks: TIM2 of an STM32 that has 32 bits there. */
#ifndef TE_TICK_H
#define TE_TICK_H

#include "cortex_m.h"

#define TE_TICK_WAKES 0 /* its interrupt comes too seldom for a watchdog */

enum { TE_TICK_VECTOR = TE_CORE_VECTOR_COUNT + 28 };

#endif
