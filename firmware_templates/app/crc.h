/* The checksum of frames, inputs and constants. */
#ifndef TE_CRC_H
#define TE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of `size` more bytes after those that gave `crc` (0 at first), as zlib's crc32. */
uint32_t te_crc32(uint32_t crc, const void *data, size_t size);

#endif
