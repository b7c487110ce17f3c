/* Which model runs: a journal of small records, of which the newest whole one holds. A record that
 * power cut short is no record, so that the one before it still holds. */
#ifndef TE_SLOTS_H
#define TE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define TE_SLOT_COMPILED (-1) /* the model that is compiled into the firmware */

typedef struct te_slots_state {
  int32_t active;   /* slot that runs, or TE_SLOT_COMPILED */
  int32_t previous; /* what runs again when this one fails */
  uint32_t trial;   /* 1: nobody has confirmed the active one yet */
  uint32_t crashes; /* since it was activated */
} te_slots_state;

/* Reads the newest record; without any, the compiled-in model is active. */
te_slots_state te_slots_load(void);

/* Appends a record; the state after a power cut is either the old or the new one. Blocks. false:
 * the flash failed, and the old state holds. */
bool te_slots_store(const te_slots_state *state);

#endif
