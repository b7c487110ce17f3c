/* Frames on the serial port: COBS between zero bytes, CRC-32 (see te_protocol.h). */
#ifndef TE_FRAME_H
#define TE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "crc.h"

typedef struct te_frame {
  uint8_t version;
  uint8_t type;
  uint16_t sequence;
  uint16_t length;  /* bytes of payload, at most TE_MAX_PAYLOAD */
  uint8_t *payload; /* owned by frame.c; valid until the next te_frame_receive */
} te_frame;

/* Blocks until an undamaged frame has come. Returns 0, or -1 when the link has gone for good. */
int te_frame_receive(te_frame *frame);

/* Frames dropped since boot because they were damaged. One that was on its way when the device
 * started is not counted. */
uint32_t te_frame_damaged(void);

/* Sends a frame in parts: begin, any number of puts (`length` bytes together), end. The payload
 * is not copied as a whole, so that it may be larger than any buffer. Blocks. */
void te_frame_begin(uint8_t type, uint16_t sequence, size_t length);
void te_frame_put(const void *data, size_t size);
void te_frame_end(void);

/* Sends bytes of the frame as they are, for what seals the others. */
void te_frame_put_raw(const void *data, size_t size);

/* Bytes of the NUL-terminated `text`, at most `limit`. */
size_t te_text_length(const char *text, size_t limit);

/* Little-endian numbers in byte buffers. */
uint16_t te_get_u16(const uint8_t *from);
uint32_t te_get_u32(const uint8_t *from);
void te_set_u32(uint8_t *to, uint32_t value);

#endif
