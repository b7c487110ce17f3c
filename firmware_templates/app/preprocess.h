/* The feature "preprocess": raw frames come over the link, and the device makes its input of them
 * while they do. Needs TE_PREPROCESS_BYTES of RAM, whatever the frame's size. */
#ifndef TE_APP_PREPROCESS_H
#define TE_APP_PREPROCESS_H

#include "frame.h"

/* FRAME: begins a frame for an inference; asked again, says how far it has come. */
void te_on_frame(const te_frame *request);

/* PIXELS: takes the bytes only if they continue the frame; says how far it has come either way. */
void te_on_pixels(const te_frame *request);

/* MADE: bytes of the input that was made of the frame, until the inference has been run. */
void te_on_made(const te_frame *request);

/* A new session: none of its numbers may meet an old frame. */
void te_preprocess_hello(void);

#endif
