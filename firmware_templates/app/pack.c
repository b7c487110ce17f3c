#include "pack.h"

#include <stdbool.h>
#include <string.h>

#include "te_protocol.h"

enum { RUN = 128, LONGEST_RUN = 129, LITERALS = 128, GROUP = 16, MASKED = 8 };
enum { TOKEN_BYTES = 1 + LITERALS };

/* What is packed: `at` of `size` bytes are. */
typedef struct source {
  const uint8_t *data;
  uint32_t at, size;
} source;

static uint32_t minimum(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/* How many equal bytes there are from `at` on, as far as a run may hold them. */
static uint32_t run_at(const source *from, uint32_t at) {
  const uint32_t end = minimum(from->size, at + LONGEST_RUN);
  uint32_t here = at + 1;
  while (here < end && from->data[here] == from->data[at]) here++;
  return here - at;
}

/* The next run, or others up to one. As of all tokens: at most `room` bytes in `out`; returns how
 * many, 0: it has none. `from->at` goes on. */
static uint32_t next_run(source *from, uint32_t room, uint8_t *out) {
  const uint32_t begin = from->at;
  uint32_t length = run_at(from, begin);
  if (room < 2) return 0;
  if (length > 2) {
    out[0] = (uint8_t)(length + RUN - 2);
    out[1] = from->data[begin];
    from->at += length;
    return 2;
  }
  const uint32_t most = minimum(LITERALS, minimum(room - 1, from->size - begin));
  uint32_t count = 0;
  while (count < most && (length = run_at(from, begin + count)) <= 2) count += length;
  count = minimum(count, most);
  out[0] = (uint8_t)(count - 1);
  memcpy(out + 1, from->data + begin, count);
  from->at += count;
  return 1 + count;
}

/* A number's difference to the one `stride` before, folded (see unpack.h). */
static uint32_t folded(const source *from, uint32_t at, uint32_t step, uint32_t stride) {
  const uint8_t *now = from->data + at;
  uint32_t difference = now[0];
  if (step == 2) difference |= (uint32_t)now[1] << 8;
  if (at >= stride) {
    const uint8_t *before = now - stride;
    difference -= before[0];
    if (step == 2) difference -= (uint32_t)before[1] << 8;
  }
  const uint32_t mask = step == 2 ? 0xffff : 0xff;
  difference &= mask;
  return difference > mask >> 1 ? 2 * (mask - difference) + 1 : 2 * difference;
}

/* The next group of differences; `stride` is not 0. */
static uint32_t next_group(source *from, uint32_t room, uint8_t *out, uint32_t step,
                           uint32_t stride) {
  const uint32_t count = minimum(GROUP, (from->size - from->at) / step);
  uint32_t every = 0, width = 0, bits = 0, held = 0, size = 1;
  for (uint32_t i = 0; i < count; i++) every |= folded(from, from->at + i * step, step, stride);
  while (every >> width > 0) width++;
  if (1 + 2 * width > room) return 0;
  memset(out, 0, 1 + 2 * width);
  out[0] = (uint8_t)width;
  for (uint32_t i = 0; i < count; i++) {
    bits |= folded(from, from->at + i * step, step, stride) << held;
    for (held += width; held >= 8; held -= 8) {
      out[size++] = (uint8_t)bits;
      bits >>= 8;
    }
  }
  if (held > 0) out[size] = (uint8_t)bits;
  from->at += count * step;
  return 1 + 2 * width;
}

/* The next 8 bytes: which of them are not `usual`, and those. */
static uint32_t next_masked(source *from, uint32_t room, uint8_t *out, uint8_t usual) {
  const uint32_t count = minimum(MASKED, from->size - from->at);
  uint32_t size = 1;
  out[0] = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t byte = from->data[from->at + i];
    if (byte == usual) continue;
    out[0] |= (uint8_t)(1u << i);
    out[size++] = byte;
  }
  if (size > room) return 0;
  from->at += count;
  return size;
}

static uint32_t next_token(source *from, uint32_t room, uint8_t *out, const te_packing *way) {
  switch (way->codec) {
    case TE_CODEC_DELTA:
      return next_run(from, room, out);
    case TE_CODEC_MASK:
      return next_masked(from, room, out, way->stride);
    default:
      return next_group(from, room, out, way->codec == TE_CODEC_BITS16 ? 2 : 1, way->stride);
  }
}

/* How much becomes at most `most` bytes in a way, and how many those are. */
static void fit(te_packing *way, const uint8_t *data, uint32_t size, uint32_t most) {
  source from = {data, 0, size};
  uint8_t token[TOKEN_BYTES];
  uint32_t count = 1;
  way->size = 0;
  while (from.at < size && count > 0) {
    count = next_token(&from, most - way->size, token, way);
    way->size += count;
  }
  way->bytes = from.at;
}

/* The least bytes, taken as signed and as not: after a ReLU one of them is the most usual. */
static void least(const uint8_t *data, uint32_t size, uint8_t bytes[2]) {
  bytes[0] = bytes[1] = data[0];
  for (uint32_t i = 1; i < size; i++) {
    if ((data[i] ^ 0x80) < (bytes[0] ^ 0x80)) bytes[0] = data[i];
    if (data[i] < bytes[1]) bytes[1] = data[i];
  }
}

te_packing te_pack_best(const uint8_t *data, uint32_t size, uint32_t most) {
  te_packing ways[] = {TE_PART_WAYS, {TE_CODEC_MASK, 0, 0, 0}, {TE_CODEC_MASK, 0, 0, 0}};
  const uint32_t count = sizeof ways / sizeof ways[0];
  uint8_t usual[2];
  uint32_t best = 0;
  size = minimum(size, TE_PART_BYTES);
  least(data, size, usual);
  ways[count - 2].stride = usual[0];
  ways[count - 1].stride = usual[1];
  for (uint32_t i = 0; i < count; i++) {
    if (ways[i].codec == TE_CODEC_BITS16 && size % 2 != 0) continue;
    fit(&ways[i], data, size, most);
    if (ways[i].size * ways[best].bytes < ways[best].size * ways[i].bytes) best = i;
  }
  return ways[best];
}

void te_pack_put(const uint8_t *data, const te_packing *way, void (*put)(const void *, size_t)) {
  source from = {data, 0, way->bytes};
  uint8_t token[TOKEN_BYTES];
  for (uint32_t done = 0; done < way->size;) {
    const uint32_t count = next_token(&from, way->size - done, token, way);
    put(token, count);
    done += count;
  }
}
