/* The feature "preprocess": raw frames come over the link, and the device makes its input of them
 * while they do. Needs TE_PREPROCESS_BYTES of RAM, whatever the frame's size. */
#ifndef TE_APP_PREPROCESS_H
#define TE_APP_PREPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

/* A frame that is being taken. */
typedef struct te_raw {
  uint32_t number; /* of the inference that it is for; 0: none */
  uint32_t height, width, channels;
  uint32_t received; /* bytes that have been taken, without a gap */
  uint32_t crc;      /* CRC-32 of the input, once it is whole */
  uint64_t ticks;    /* that making the input has taken */
} te_raw;

/* FRAME: begins a frame for an inference; asked again, says how far it has come. */
void te_on_frame(const te_frame *request);

/* PIXELS: takes the bytes only if they continue the frame; says how far it has come either way. */
void te_on_pixels(const te_frame *request);

/* MADE: bytes of the input that was made of the frame, until the inference has been run. */
void te_on_made(const te_frame *request);

/* For features that have frames from elsewhere. */

/* Begins a frame for inference `number`, not 0. Returns whether there is such a frame. */
bool te_raw_begin(uint32_t number, uint32_t height, uint32_t width, uint32_t channels);

/* Whether the frame is for inference `number`, and that for no other since. */
bool te_raw_is(uint32_t number);

/* Whether a request that begins as PIXELS does, and holds `size` bytes of the frame, fits it; if
 * not, it has been refused. */
bool te_raw_fits(const te_frame *request, uint32_t size);

/* The frame's next bytes, `size` of them. After its last the inference may be run. */
void te_raw_take(const uint8_t *data, uint32_t size);

/* The frame. */
const te_raw *te_raw_frame(void);

/* Its bytes, all of them. */
uint32_t te_raw_bytes(void);

/* Answers with how far the frame has come (FRAMED). */
void te_raw_answer(const te_frame *request);

/* A new session: none of its numbers may meet an old frame. */
void te_preprocess_hello(void);

#endif
