/* Bounded decoders of packed bytes: whatever they are given, they read and write nothing beyond
 * what they are told. Both may refer to `history` bytes that lie right before `to`, decoded
 * earlier. */
#ifndef TE_UNPACK_H
#define TE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "te_protocol.h"

/* One LZ4 block (github.com/lz4/lz4, doc/lz4_Block_format.md) of `size` bytes that holds exactly
 * `bytes`. Returns false for a damaged one; `to` then holds anything. */
bool te_unpack_lz4(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                   uint32_t history);

/* Differences to the byte `stride` before, to 0 before the history or where `stride` is 0, modulo
 * 256, in runs: a control byte c below 128 is followed by c + 1 differences; any other by one,
 * which counts c - 126 times. Returns as te_unpack_lz4 does. */
bool te_unpack_delta(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                     uint32_t history, uint32_t stride);

/* Bytes that refer to none before them, unpacked piece by piece. TE_CODEC_DELTA: as above.
 * TE_CODEC_BITS: differences d of bytes, taken as signed, in groups of 16: a byte w, then 2 * w
 * bytes with w bits each of 2 * d, or -2 * d - 1 where d is negative, the first in the lowest bits;
 * the last group is filled up. TE_CODEC_BITS16: the same of little-endian numbers of 16 bits. */
typedef struct te_unpacker {
  const uint8_t *at;             /* what is left of the packed bytes */
  uint32_t due;                  /* bytes to come, unpacked */
  uint32_t count;                /* differences to come of a run, of others, or of a group */
  uint32_t difference;           /* the run's */
  uint32_t bits, held;           /* of the group: what was read ahead, and how many bits that are */
  uint16_t last[TE_MOST_STRIDE]; /* numbers, the oldest at `slot` */
  uint8_t slot, numbers;         /* how many of them are the stride; 0: no differences */
  uint8_t codec, width;          /* width: bits of each difference of the group */
  bool run;
} te_unpacker;

/* Begins with `size` bytes at `from`, which stay where they are. Returns whether they hold exactly
 * `bytes`, and codec and `stride` (bytes; 0: no differences) are known: all is checked here. */
bool te_unpacker_begin(te_unpacker *unpacker, uint32_t codec, uint32_t stride, const uint8_t *from,
                       uint32_t size, uint32_t bytes);

/* Writes the next bytes to `to`, at most `most` (2 or more); returns how many, 0 after the last. */
uint32_t te_unpacker_next(te_unpacker *unpacker, uint8_t *to, uint32_t most);

#endif
