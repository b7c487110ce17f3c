/* SHA-512 (FIPS 180-4). */
#ifndef TE_SHA512_H
#define TE_SHA512_H

#include <stddef.h>
#include <stdint.h>

typedef struct te_sha512 {
  uint64_t state[8];
  uint64_t bytes; /* hashed so far */
  uint8_t block[128];
} te_sha512;

void te_sha512_begin(te_sha512 *hash);
void te_sha512_add(te_sha512 *hash, const void *data, size_t size);

/* Writes the 64 bytes of the hash; `hash` must begin anew. */
void te_sha512_end(te_sha512 *hash, uint8_t *to);

#endif
