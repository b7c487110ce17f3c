/* A bounded encoder of what goes to the host: it reads the bytes where they are, twice, and keeps
 * none but a token of 129 on the stack. */
#ifndef TE_PACK_H
#define TE_PACK_H

#include <stddef.h>
#include <stdint.h>

/* A way to pack: codec and stride as of PACKED. `bytes` of the data become `size`. */
typedef struct te_packing {
  uint8_t codec, stride;
  uint32_t bytes, size;
} te_packing;

/* Of all ways the one that takes the fewest bytes for each of the first ones of `data`, as many as
 * become at most `most`. */
te_packing te_pack_best(const uint8_t *data, uint32_t size, uint32_t most);

/* Hands the packed bytes to `put`, `way->size` in all. */
void te_pack_put(const uint8_t *data, const te_packing *way, void (*put)(const void *, size_t));

#endif
