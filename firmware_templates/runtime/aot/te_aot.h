/* Between the generated model.c and the runtime: all that differs from model to model. */
#ifndef TE_AOT_H
#define TE_AOT_H

#include <stdint.h>

#include "te_model.h"

/* Raised when generated sources and runtime no longer fit together. */
#define TE_AOT_VERSION 3

/* Where each input and output lies in the arena while it lives: te_model.input_count and
 * te_model.output_count entries. */
extern int8_t *const te_aot_inputs[];
extern const int8_t *const te_aot_outputs[];

/* Before anything else of the model. */
void te_aot_start(void);

/* Runs every step once, on the arena; blocks until done, cannot fail. */
void te_aot_run(void);

/* Before each step, so that no watchdog waits longer than one takes. */
#ifdef TE_WATCHDOG_S
#include "te_port.h"
#define TE_ALIVE te_port_alive()
#else
#define TE_ALIVE ((void)0)
#endif

/* One step, and the `bytes` that it has written at `output`. With -DTE_OBSERVE its ticks are
 * reported as they are taken, then its output. */
#ifdef TE_OBSERVE
#include "te_observe.h"
#include "te_port.h"
#define TE_STEP(index, output, bytes, call)           \
  do {                                                \
    TE_ALIVE;                                         \
    const uint64_t begin = te_port_ticks();           \
    call;                                             \
    te_observe_layer(index, te_port_ticks() - begin); \
    te_observe_output(index, output, bytes);          \
  } while (0)
#else
#define TE_STEP(index, output, bytes, call) \
  do {                                      \
    TE_ALIVE;                               \
    call;                                   \
  } while (0)
#endif

#endif
