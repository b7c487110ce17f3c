/* Feature `update`: another model of the same architecture, signed, streams into the slot that does
 * not run, is verified and tried, and takes over; what fails is undone. Its RAM: the package that
 * comes in (512 bytes) and 40 bytes of state. */
#ifndef TE_UPDATE_H
#define TE_UPDATE_H

#include "frame.h"
#include "te_model.h"

/* UPDATE_BEGIN: a manifest and its signature. The same one again goes on where it was. */
void te_on_update_begin(const te_frame *request);

/* UPDATE_DATA: bytes of the content, taken where they continue it. */
void te_on_update_data(const te_frame *request);

/* UPDATE_APPLY: verifies and tries what has come, then runs it on trial. */
void te_on_update_apply(const te_frame *request);

/* UPDATE_DECIDE: the model on trial stays, or the one before it runs again. */
void te_on_update_decide(const te_frame *request);

/* VERSIONS: which model runs, and the manifests of both slots. */
void te_on_versions(const te_frame *request);

/* Runs the model that the newest record names; one on trial did not survive it, nor one that has
 * crashed three times. */
void te_update_start(te_status ready);

/* A fault, or before te_update_start a watchdog's restart: counted once a run, so that a model that
 * crashes again and again is left. */
void te_update_fault(void);

/* A model's crashes are forgiven when it has answered a thousand times in one run. */
void te_update_inferred(te_status result, uint64_t ticks);

#endif
