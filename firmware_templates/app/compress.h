/* The feature "compress": inputs and raw frames come packed, what is streamed goes packed, and of
 * the outputs only class and score go back. Needs a byte of RAM and up to 0.7 KB of the stack:
 * packed bytes are unpacked where the input is; a frame's go on in pieces of 252. */
#ifndef TE_APP_COMPRESS_H
#define TE_APP_COMPRESS_H

#include "frame.h"

/* PACKED: as WRITE, but the bytes are packed. Damaged ones change nothing that has been received.
 */
void te_on_packed(const te_frame *request);

/* PACKED_PIXELS and PACKED_SHOW: as PIXELS and SHOW, but packed, in firmware that knows those. */
void te_on_packed_pixels(const te_frame *request);
void te_on_packed_show(const te_frame *request);

/* PACK: whether the host wants packed what is streamed. */
void te_on_pack(const te_frame *request);

/* A new session: it has not said so. */
void te_compress_hello(void);

/* For te_features_part: sends a PART, if that is smaller than the bytes as they are. */
uint32_t te_compress_part(uint32_t number, uint32_t offset, const uint8_t *data, uint32_t size);

/* CLASSIFY: as INVOKE, but answered with class and score alone. */
void te_on_classify(const te_frame *request);

#endif
