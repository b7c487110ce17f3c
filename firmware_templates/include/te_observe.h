/* Per-layer timing, for builds with -DTE_OBSERVE; without it no runtime calls the observer. */
#ifndef TE_OBSERVE_H
#define TE_OBSERVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layer `layer` (0 is the first that runs) took `ticks` of te_port_ticks. Called while the model
 * runs, after the layer's time has been taken; sends a LOG frame, so that the inference as a whole
 * takes longer than without. */
void te_observe_layer(uint32_t layer, uint64_t ticks);

#ifdef __cplusplus
}
#endif

#endif
