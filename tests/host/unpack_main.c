/* Unpacks what it is told on standard input, and says what became of it.
 * A case: codec, stride, bytes of a piece (0: not piece by piece), then little-endian 32-bit
 * numbers: bytes of history, bytes to unpack, bytes packed; then the history and the packed bytes.
 * The answer: a byte that is 1 if they are undamaged, and then the unpacked ones. Each buffer is an
 * allocation of its own, so that AddressSanitizer sees every byte beyond. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unpack.h"

static void must(bool held) {
  if (!held) exit(3);
}

static bool unpack_pieces(const uint8_t *head, const uint8_t *from, uint32_t size, uint8_t *to,
                          uint32_t bytes) {
  te_unpacker unpacker;
  if (!te_unpacker_begin(&unpacker, head[0], head[1], from, size, bytes)) return false;
  uint8_t *piece = malloc(head[2]);
  uint32_t count, done = 0;
  must(piece != NULL);
  while ((count = te_unpacker_next(&unpacker, piece, head[2])) > 0) {
    must(count <= bytes - done);
    memcpy(to + done, piece, count);
    done += count;
  }
  free(piece);
  must(done == bytes && unpacker.at <= from + size);
  return true;
}

static bool unpack(const uint8_t *head, const uint8_t *from, uint32_t size, uint8_t *whole,
                   uint32_t history, uint32_t bytes) {
  uint8_t *to = whole + history;
  if (head[2] > 0) return unpack_pieces(head, from, size, to, bytes);
  if (head[0] == TE_CODEC_LZ4) return te_unpack_lz4(from, size, to, bytes, history);
  return te_unpack_delta(from, size, to, bytes, history, head[1]);
}

int main(void) {
  uint8_t head[3];
  uint32_t sizes[3];
  while (fread(head, sizeof head, 1, stdin) == 1) {
    must(fread(sizes, sizeof sizes, 1, stdin) == 1);
    uint8_t *whole = malloc(sizes[0] + sizes[1] > 0 ? sizes[0] + sizes[1] : 1);
    uint8_t *from = malloc(sizes[2] > 0 ? sizes[2] : 1);
    must(whole != NULL && from != NULL);
    must(fread(whole, 1, sizes[0], stdin) == sizes[0]);
    must(fread(from, 1, sizes[2], stdin) == sizes[2]);
    bool good = unpack(head, from, sizes[2], whole, sizes[0], sizes[1]);
    putchar(good);
    if (good) fwrite(whole + sizes[0], 1, sizes[1], stdout);
    free(whole);
    free(from);
  }
  return 0;
}
