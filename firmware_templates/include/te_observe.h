/* Per-layer timing and outputs, for builds with -DTE_OBSERVE; without it nothing here exists. */
#ifndef TE_OBSERVE_H
#define TE_OBSERVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layers that are kept; the rest is counted only. */
#ifndef TE_OBSERVE_LAYERS
#define TE_OBSERVE_LAYERS 256u
#endif

/* Sends no outputs any more: a session has begun, which has not asked for them. */
void te_observe_hello(void);

/* Forgets the last inference's layers. The application calls it before each inference. */
void te_observe_begin(void);

/* Layer `layer` (0 is the first that runs) took `ticks` of te_port_ticks. The runtime calls it
 * while the model runs, after the layer's time has been taken. */
void te_observe_layer(uint32_t layer, uint64_t ticks);

/* Layer `layer` has written `bytes` at `data`, which hold until the next layer runs. Called after
 * te_observe_layer. Where the host has asked for it, blocks until they are sent: the inference as
 * a whole takes longer then. */
void te_observe_output(uint32_t layer, const void *data, uint32_t bytes);

#ifdef __cplusplus
}
#endif

#endif
