#include "unpack.h"

#include <string.h>

enum { LEAST_MATCH = 4, LONG = 15, RUN = 128 };

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
  if (stride == 0) return false;
  while (done < bytes) {
    if (!take(&in, &control)) return false;
    const bool run = control >= RUN;
    const uint32_t count = run ? control - RUN + 2 : control + 1;
    if (count > bytes - done || (run && !take(&in, &difference))) return false;
    for (uint32_t i = 0; i < count; i++, done++) {
      if (!run && !take(&in, &difference)) return false;
      const uint32_t before = stride <= history + done ? *(to + done - stride) : 0;
      to[done] = (uint8_t)(before + difference);
    }
  }
  return in.left == 0;
}
