/* The feature "compress": inputs and raw frames come packed, and of the outputs only class and
 * score go back. Needs no RAM but 0.3 KB of the stack: packed bytes are unpacked where the input
 * is; a frame's go on in pieces of 252. */
#ifndef TE_APP_COMPRESS_H
#define TE_APP_COMPRESS_H

#include "frame.h"

/* PACKED: as WRITE, but the bytes are packed. Damaged ones change nothing that has been received.
 */
void te_on_packed(const te_frame *request);

/* PACKED_PIXELS and PACKED_SHOW: as PIXELS and SHOW, but packed, in firmware that knows those. */
void te_on_packed_pixels(const te_frame *request);
void te_on_packed_show(const te_frame *request);

/* CLASSIFY: as INVOKE, but answered with class and score alone. */
void te_on_classify(const te_frame *request);

#endif
