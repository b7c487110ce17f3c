/* Copies and fills a word at a time: the C library of a small target works byte by byte. Where code
 * is to be small (-Os), the C library does it all the same. */
#ifndef TE_ROWS_H
#define TE_ROWS_H

#include <stdint.h>
#include <string.h>

#define TE_BYTES(value) (0x01010101u * (uint8_t)(value))

/* `bytes` (a multiple of 4) from `from` to `to`, upwards: ranges may overlap if to < from. */
static inline void te_copy_words(void *to, const void *from, uint32_t bytes) {
  uint32_t *t = to;
  const uint32_t *f = from;
  const uint32_t *const end = f + bytes / 4;
#ifndef __OPTIMIZE_SIZE__
  while (end - f >= 4) {
    const uint32_t a = f[0], b = f[1], c = f[2], d = f[3];
    t[0] = a;
    t[1] = b;
    t[2] = c;
    t[3] = d;
    t += 4;
    f += 4;
  }
#endif
  while (f != end) *t++ = *f++;
}

/* Any number of bytes at any alignment. */
static inline void te_copy_bytes(uint8_t *to, const uint8_t *from, uint32_t bytes) {
#ifdef __OPTIMIZE_SIZE__
  memcpy(to, from, bytes);
#else
  for (; bytes >= 8; bytes -= 8, to += 8, from += 8) {
    uint32_t a, b;
    memcpy(&a, from, 4);
    memcpy(&b, from + 4, 4);
    memcpy(to, &a, 4);
    memcpy(to + 4, &b, 4);
  }
  for (; bytes > 0; bytes--) *to++ = *from++;
#endif
}

/* `bytes`, a multiple of 4, at an aligned address. */
static inline void te_fill_words(void *to, uint8_t value, uint32_t bytes) {
#ifdef __OPTIMIZE_SIZE__
  memset(to, value, bytes);
#else
  uint32_t *t = to;
  for (uint32_t i = 0; i < bytes / 4; i++) t[i] = TE_BYTES(value);
#endif
}

/* The same with lanes of 16 bits, each (value) << 7; `values` holds the value four times. */
static inline void te_fill_lanes(void *to, uint32_t values, uint32_t bytes) {
  uint32_t *t = to;
  for (uint32_t i = 0; i < bytes / 4; i++) t[i] = (values & 0x00ff00ffu) << 7;
}

static inline void te_fill_bytes(uint8_t *to, uint8_t value, uint32_t bytes) {
#ifdef __OPTIMIZE_SIZE__
  memset(to, value, bytes);
#else
  for (; bytes > 0; bytes--) *to++ = value;
#endif
}

/* A row of a band, `band_bytes` (a multiple of 4): `bytes` of the input at `from`, padding `left`
 * of them and behind; NULL: a row of padding. */
static inline void te_load_row(uint8_t *to, uint32_t band_bytes, const uint8_t *from,
                               uint32_t bytes, uint32_t left, uint8_t zero) {
  if (from == NULL) {
    te_fill_words(to, zero, band_bytes);
    return;
  }
  const uint32_t room = band_bytes - left;
  const uint32_t copied = bytes < room ? bytes : room;
  te_copy_bytes(to + left, from, copied);
  te_fill_bytes(to, zero, left);
  te_fill_bytes(to + left + copied, zero, room - copied);
}

#endif
