/* The counter behind te_port_ticks: SysTick, which every Cortex-M has. It counts down at the core's
 * clock and has 24 bits, so that an interrupt comes every 16.8 million ticks. */
#ifndef TE_TICK_H
#define TE_TICK_H

#include "cortex_m.h"

#define TE_TICK_WAKES 1 /* its interrupt comes often enough for a watchdog */

enum { TE_TICK_VECTOR = 15 };

#endif
