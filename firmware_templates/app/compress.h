/* The feature "compress": inputs come packed, and of the outputs only class and score go back.
 * Needs no RAM: packed bytes are unpacked where the input is. */
#ifndef TE_APP_COMPRESS_H
#define TE_APP_COMPRESS_H

#include "frame.h"

/* PACKED: as WRITE, but the bytes are packed. Damaged ones change nothing that has been received.
 */
void te_on_packed(const te_frame *request);

/* CLASSIFY: as INVOKE, but answered with class and score alone. */
void te_on_classify(const te_frame *request);

#endif
