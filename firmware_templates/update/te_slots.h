/* Which model runs: a journal of small records, of which the newest whole one holds. A record that
 * power cut short is no record, so that the one before it still holds. */
#ifndef TE_SLOTS_H
#define TE_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define TE_SLOT_COMPILED (-1) /* the model that is compiled into the firmware */

typedef struct te_slots_state {
  int8_t active;   /* slot that runs, or TE_SLOT_COMPILED */
  int8_t previous; /* what runs again when this one fails */
  uint8_t trial;   /* 1: nobody has confirmed the active one yet */
  uint8_t crashes; /* since it was activated or forgiven */
  uint32_t told;   /* 1: the last one is among them, though its restart is still to come */
  uint64_t floor;  /* version of the model that was kept last, below which none is taken */
} te_slots_state;

/* Reads the newest record; without any, the compiled-in model is active. */
te_slots_state te_slots_load(void);

/* Appends a record; the state after a power cut is either the old or the new one. Blocks. false:
 * the flash failed, and the old state holds. */
bool te_slots_store(const te_slots_state *state);

#endif
