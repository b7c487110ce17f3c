#include "unpack.h"

#include <string.h>

enum { LEAST_MATCH = 4, LONG = 15, RUN = 128, GROUP = 16 };

/* What is left of the packed bytes. */
typedef struct reader {
  const uint8_t *at;
  uint32_t left;
} reader;

static bool take(reader *in, uint32_t *byte) {
  if (in->left == 0) return false;
  *byte = *in->at++;
  in->left--;
  return true;
}

/* The rest of a length of which `nibble` has come: bytes are added up to the first below 255. */
static bool take_length(reader *in, uint32_t nibble, uint32_t *length) {
  uint32_t byte = 255;
  *length = nibble;
  while (nibble == LONG && byte == 255) {
    if (!take(in, &byte)) return false;
    *length += byte;
  }
  return true;
}

bool te_unpack_lz4(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                   uint32_t history) {
  reader in = {from, size};
  uint32_t done = 0;
  for (;;) {
    uint32_t token, low, high, count;
    if (!take(&in, &token) || !take_length(&in, token >> 4, &count)) return false;
    if (count > in.left || count > bytes - done) return false;
    memcpy(to + done, in.at, count);
    in.at += count;
    in.left -= count;
    done += count;
    if (in.left == 0) return done == bytes; /* a block ends in literals */
    if (!take(&in, &low) || !take(&in, &high)) return false;
    if (!take_length(&in, token & LONG, &count)) return false;
    const uint32_t offset = low | high << 8;
    count += LEAST_MATCH;
    if (offset == 0 || offset > history + done || count > bytes - done) return false;
    const uint8_t *match = to + done - offset;
    for (uint32_t i = 0; i < count; i++) to[done + i] = match[i]; /* may overlap */
    done += count;
  }
}

bool te_unpack_delta(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t bytes,
                     uint32_t history, uint32_t stride) {
  reader in = {from, size};
  uint32_t done = 0, control, difference = 0;
  while (done < bytes) {
    if (!take(&in, &control)) return false;
    const bool run = control >= RUN;
    const uint32_t count = run ? control - RUN + 2 : control + 1;
    if (count > bytes - done || (run && !take(&in, &difference))) return false;
    for (uint32_t i = 0; i < count; i++, done++) {
      if (!run && !take(&in, &difference)) return false;
      const bool first = stride == 0 || stride > history + done;
      to[done] = (uint8_t)((first ? 0 : *(to + done - stride)) + difference);
    }
  }
  return in.left == 0;
}

/* Whether runs and others are `bytes` differences. */
static bool runs_hold(reader in, uint32_t bytes) {
  uint32_t control;
  while (bytes > 0) {
    if (!take(&in, &control)) return false;
    const bool run = control >= RUN;
    const uint32_t count = run ? control - RUN + 2 : control + 1;
    const uint32_t taken = run ? 1 : count;
    if (count > bytes || taken > in.left) return false;
    bytes -= count;
    in.at += taken;
    in.left -= taken;
  }
  return in.left == 0;
}

/* Whether groups are `numbers` differences of at most `most` bits. */
static bool groups_hold(reader in, uint32_t numbers, uint32_t most) {
  uint32_t width;
  for (uint32_t done = 0; done < numbers; done += GROUP) {
    if (!take(&in, &width) || width > most || 2 * width > in.left) return false;
    in.at += 2 * width;
    in.left -= 2 * width;
  }
  return in.left == 0;
}

/* Bytes of a number. */
static uint32_t step_of(uint32_t codec) {
  return codec == TE_CODEC_BITS16 ? 2 : 1;
}

bool te_unpacker_begin(te_unpacker *unpacker, uint32_t codec, uint32_t stride, const uint8_t *from,
                       uint32_t size, uint32_t bytes) {
  const reader in = {from, size};
  const uint32_t step = step_of(codec);
  if (stride > TE_MOST_STRIDE || stride % step != 0 || bytes % step != 0) return false;
  *unpacker = (te_unpacker){.at = from, .due = bytes, .codec = (uint8_t)codec};
  unpacker->numbers = (uint8_t)(stride / step);
  switch (codec) {
    case TE_CODEC_DELTA:
      return runs_hold(in, bytes);
    case TE_CODEC_BITS:
    case TE_CODEC_BITS16:
      return groups_hold(in, bytes / step, 8 * step);
    default:
      return false;
  }
}

static uint32_t next_of_runs(te_unpacker *u) {
  if (u->count == 0) {
    const uint32_t control = *u->at++;
    u->run = control >= RUN;
    u->count = u->run ? control - RUN + 2 : control + 1;
    if (u->run) u->difference = *u->at++;
  }
  u->count--;
  return u->run ? u->difference : *u->at++;
}

static uint32_t next_of_groups(te_unpacker *u) {
  if (u->count == 0) {
    u->width = *u->at++;
    u->count = GROUP;
  }
  for (; u->held < u->width; u->held += 8) u->bits |= (uint32_t)*u->at++ << u->held;
  const uint32_t folded = u->bits & ((1u << u->width) - 1);
  u->bits >>= u->width;
  u->held -= u->width;
  u->count--;
  return (folded >> 1) ^ (0u - (folded & 1));
}

uint32_t te_unpacker_next(te_unpacker *u, uint8_t *to, uint32_t most) {
  const uint32_t step = step_of(u->codec);
  uint32_t done = 0;
  while (u->due > 0 && done + step <= most) {
    const uint32_t difference = u->codec == TE_CODEC_DELTA ? next_of_runs(u) : next_of_groups(u);
    uint16_t *last = &u->last[u->slot];
    const uint16_t number = (uint16_t)(*last + difference);
    to[done] = (uint8_t)number;
    if (step == 2) to[done + 1] = (uint8_t)(number >> 8);
    if (u->numbers > 0) {
      *last = number;
      u->slot = (uint8_t)(u->slot + 1 == u->numbers ? 0 : u->slot + 1);
    }
    done += step;
    u->due -= step;
  }
  return done;
}
