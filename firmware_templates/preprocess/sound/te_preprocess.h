/* Samples of sound -> the network's input, exactly as the host made it when the network was trained
 * and validated: rows of log-mel or MFCC, quantized. */
#ifndef TE_PREPROCESS_H
#define TE_PREPROCESS_H

#include <stdint.h>

#include "te_input.h"

/* Makes the input of a frame that is in memory as a whole.
 * frame: height = TE_INPUT_SAMPLES samples at TE_INPUT_RATE a second, of 16 bits with the low byte
 * first; width 1, channels 2 (the bytes of one). input: TE_INPUT_BYTES, e.g. te_model_input(0).
 * Returns 0; -1, with input unchanged, for any other height, width or channels. */
int te_preprocess(const uint8_t *frame, uint32_t height, uint32_t width, uint32_t channels,
                  int8_t *input);

/* The same of a frame that comes piece by piece, e.g. as a microphone delivers it: begin, then all
 * its bytes in any pieces. A row is computed, by the call that brings the last sample of its
 * window, and written to the input. One window and its transform are kept, TE_PREPROCESS_BYTES of
 * RAM and some counters: one frame at a time. Begin returns as te_preprocess does; bytes after the
 * frame's last are ignored. */
#define TE_PREPROCESS_BYTES \
  (2u * TE_INPUT_WINDOW + 4u * TE_INPUT_POINTS + (TE_INPUT_COEFFICIENTS ? 4u * TE_INPUT_MELS : 0u))
int te_preprocess_begin(uint32_t height, uint32_t width, uint32_t channels);
void te_preprocess_push(const uint8_t *bytes, uint32_t count, int8_t *input);

#endif
