/* A raw frame -> the network's input, exactly as the host made it when the network was trained and
 * validated: resized (to the mean below each pixel), in its channels, quantized. */
#ifndef TE_PREPROCESS_H
#define TE_PREPROCESS_H

#include <stdint.h>

#include "te_input.h"

/* Makes the input of a frame that is in memory as a whole.
 * frame: height x width x channels bytes, row by row, 0 to TE_INPUT_FULL_SCALE; channels 1 (grey)
 * or 3 (red, green, blue). input: TE_INPUT_BYTES, e.g. te_model_input(0). Returns 0; -1, with input
 * unchanged, for a frame without pixels, of more than 2^24, or of other channels. */
int te_preprocess(const uint8_t *frame, uint32_t height, uint32_t width, uint32_t channels,
                  int8_t *input);

/* The same of a frame that comes piece by piece: begin, then all its bytes in any pieces. Only sums
 * of two rows are kept, TE_PREPROCESS_BYTES of RAM: one frame at a time. Begin returns as
 * te_preprocess does; bytes after the frame's last are ignored. */
#define TE_PREPROCESS_BYTES (8u * TE_INPUT_WIDTH * TE_INPUT_CHANNELS)
int te_preprocess_begin(uint32_t height, uint32_t width, uint32_t channels);
void te_preprocess_push(const uint8_t *bytes, uint32_t count, int8_t *input);

#endif
