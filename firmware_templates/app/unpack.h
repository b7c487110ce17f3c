/* Bounded decoders of packed bytes: whatever they are given, they read and write nothing beyond
 * what they are told. Both may refer to `history` bytes that lie right before `to`, decoded
 * earlier. */
#ifndef TE_UNPACK_H
#define TE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

/* One LZ4 block (github.com/lz4/lz4, doc/lz4_Block_format.md) of `size` bytes that holds exactly
 * `bytes`. Returns false for a damaged one; `to` then holds anything. */
bool te_unpack_lz4(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                   uint32_t history);

/* Differences to the byte `stride` (1 or more) before, 0 before the history, modulo 256, in runs: a
 * control byte c below 128 is followed by c + 1 differences; any other by one, which counts c - 126
 * times. Returns as te_unpack_lz4 does. */
bool te_unpack_delta(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                     uint32_t history, uint32_t stride);

#endif
