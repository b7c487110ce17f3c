/* Packs what it is told on standard input. A case: little-endian 32-bit numbers: bytes of data, and
 * how many they may become; then the data. The answer: codec, stride, the bytes that were packed
 * and those that they became; then these. Each buffer is an allocation of its own, so that
 * AddressSanitizer sees every byte beyond. */
#include <stdio.h>
#include <stdlib.h>

#include "pack.h"

static void must(int held) {
  if (!held) exit(3);
}

static size_t written;

static void put(const void *data, size_t size) {
  written += size;
  must(fwrite(data, 1, size, stdout) == size);
}

int main(void) {
  uint32_t sizes[2];
  while (fread(sizes, sizeof sizes, 1, stdin) == 1) {
    uint8_t *data = malloc(sizes[0]);
    must(data != NULL && fread(data, 1, sizes[0], stdin) == sizes[0]);
    const te_packing way = te_pack_best(data, sizes[0], sizes[1]);
    must(way.size <= sizes[1] && way.bytes <= sizes[0]);
    putchar(way.codec);
    putchar(way.stride);
    fwrite(&way.bytes, sizeof way.bytes, 1, stdout);
    fwrite(&way.size, sizeof way.size, 1, stdout);
    written = 0;
    te_pack_put(data, &way, put);
    must(written == way.size);
    free(data);
  }
  return 0;
}
