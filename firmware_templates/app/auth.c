#include "auth.h"

#include <string.h>

#include "command.h"
#include "monocypher.h"
#include "te_device_key.h"
#include "te_port.h"
#include "te_protocol.h"

/* As tinyedge/link/auth.py has them. A direction begins the nonce of each frame of it. */
enum { KEY_BYTES = 32, TAG_BYTES = 16, BLOCK_BYTES = 64, IETF_BYTES = 12 };
enum { TO_DEVICE = 1, TO_HOST = 2 };
static const uint8_t session_label[] = "tinyedge session";
static const uint8_t nonce_label[] = "tinyedge nonces ";

/* Frames of one direction in a session: below 2^32 by more than one request is answered with. */
#define MOST_FRAMES 0xffff0000u

static const uint8_t device_key[KEY_BYTES] = TE_DEVICE_KEY;

static struct {
  uint8_t host[TE_CHALLENGE_SIZE], device[TE_CHALLENGED_NONCE_BYTES];
  uint32_t number; /* nonces drawn since boot */
  bool asked;      /* both hold, and no session has come of them */
  bool random;     /* the device's is of a hardware source */
} challenge;

static struct {
  uint8_t key[KEY_BYTES];
  uint32_t heard, said; /* counters of the last frames */
  bool open;
} session;

/* Goes into each nonce and is new after it. A reset leaves it as it is, so that no nonce comes
 * again; when power has come it holds anything. The linker script keeps te_boot from clearing it.
 */
static uint8_t pool[TE_CHALLENGED_NONCE_BYTES] __attribute__((section(".bss.te_kept")));

static bool sealing; /* the request that is being handled was sealed */

/* The frame that is being sealed: what does not fill a block yet, and what has gone. */
static struct {
  crypto_poly1305_ctx mac;
  uint8_t nonce[IETF_BYTES], block[BLOCK_BYTES];
  size_t size;
  uint32_t at, bytes; /* block of the key stream; bytes sealed */
  bool begun;
} out;

__attribute__((weak)) bool te_port_entropy(uint8_t *data, size_t size) {
  (void)data;
  (void)size;
  return false;
}

/* A nonce that was not used since power has come, and never where there are random numbers. */
static void draw(void) {
  uint8_t key[KEY_BYTES], input[TE_CHALLENGED_NONCE_BYTES] = {0};
  const uint64_t ticks = te_port_ticks();
  challenge.random = te_port_entropy(input, sizeof input);
  challenge.number++;
  crypto_chacha20_h(key, device_key, nonce_label);
  crypto_chacha20_h(key, key, input);
  crypto_chacha20_h(key, key, pool);
  memset(input, 0, sizeof input);
  te_set_u32(input, challenge.number);
  te_set_u32(input + 4, (uint32_t)ticks);
  te_set_u32(input + 8, (uint32_t)(ticks >> 32));
  crypto_chacha20_h(key, key, input);
  memcpy(challenge.device, key, sizeof challenge.device);
  memcpy(pool, key + sizeof challenge.device, sizeof pool);
  crypto_wipe(key, sizeof key);
  crypto_wipe(input, sizeof input);
}

void te_on_challenge(const te_frame *request) {
  uint8_t body[TE_CHALLENGED_SIZE] = {0};
  if (!challenge.asked || memcmp(challenge.host, request->payload, sizeof challenge.host) != 0) {
    memcpy(challenge.host, request->payload, sizeof challenge.host);
    draw();
    challenge.asked = true;
  }
  memcpy(body + TE_CHALLENGED_NONCE_AT, challenge.device, sizeof challenge.device);
  memcpy(body + TE_CHALLENGED_DEVICE_AT, TE_DEVICE_NAME, sizeof TE_DEVICE_NAME);
  te_answer(request, body, sizeof body);
}

void te_on_auth(const te_frame *request) {
  uint8_t body[TE_AUTHENTICATED_SIZE];
  te_set_u32(body + TE_AUTHENTICATED_RANDOM_AT, challenge.random);
  te_answer(request, body, sizeof body);
}

/* Begins the tag of a frame: its one-time key is block 0 of the key stream, its header what is
 * authenticated beside the payload. */
static void mac_begin(crypto_poly1305_ctx *mac, const uint8_t *key, const uint8_t *nonce,
                      const uint8_t *header) {
  uint8_t block[BLOCK_BYTES], padded[TAG_BYTES] = {0};
  crypto_chacha20_ietf(block, NULL, sizeof block, key, nonce, 0);
  crypto_poly1305_init(mac, block);
  memcpy(padded, header, TE_HEADER_SIZE);
  crypto_poly1305_update(mac, padded, sizeof padded);
  crypto_wipe(block, sizeof block);
}

/* Ends it, after `bytes` of sealed payload. */
static void mac_end(crypto_poly1305_ctx *mac, uint32_t bytes, uint8_t *tag) {
  uint8_t sizes[16] = {TE_HEADER_SIZE};
  const uint8_t zeros[TAG_BYTES] = {0};
  te_set_u32(sizes + 8, bytes);
  crypto_poly1305_update(mac, zeros, -bytes % TAG_BYTES);
  crypto_poly1305_update(mac, sizes, sizeof sizes);
  crypto_poly1305_final(mac, tag);
}

static void set_nonce(uint8_t *nonce, uint32_t direction, uint32_t counter) {
  memset(nonce, 0, IETF_BYTES);
  te_set_u32(nonce, direction);
  te_set_u32(nonce + 8, counter);
}

/* Whether `request`, whose seal says `counter`, was sealed with `key`. Then its payload is opened.
 */
static bool opens(te_frame *request, const uint8_t *key, uint32_t counter) {
  crypto_poly1305_ctx mac;
  uint8_t nonce[IETF_BYTES], tag[TAG_BYTES];
  const uint32_t bytes = request->length - (uint32_t)TE_SEAL_SIZE;
  const uint8_t header[TE_HEADER_SIZE] = {
      [TE_HEADER_VERSION_AT] = request->version,
      [TE_HEADER_TYPE_AT] = request->type,
      [TE_HEADER_SEQUENCE_AT] = (uint8_t)request->sequence,
      [TE_HEADER_SEQUENCE_AT + 1] = (uint8_t)(request->sequence >> 8),
      [TE_HEADER_LENGTH_AT] = (uint8_t)request->length,
      [TE_HEADER_LENGTH_AT + 1] = (uint8_t)(request->length >> 8),
  };
  set_nonce(nonce, TO_DEVICE, counter);
  mac_begin(&mac, key, nonce, header);
  crypto_poly1305_update(&mac, request->payload, bytes);
  mac_end(&mac, bytes, tag);
  if (crypto_verify16(tag, request->payload + bytes + TE_SEAL_TAG_AT) != 0) return false;
  crypto_chacha20_ietf(request->payload, request->payload, bytes, key, nonce, 1);
  request->length = (uint16_t)bytes;
  return true;
}

/* Whether `request` is an AUTH with the key that the challenge makes; then that session is open. */
static bool begins(te_frame *request, uint32_t counter) {
  uint8_t key[KEY_BYTES];
  if (request->type != TE_TYPE_AUTH || !challenge.asked) return false;
  crypto_chacha20_h(key, device_key, session_label);
  crypto_chacha20_h(key, key, challenge.host);
  crypto_chacha20_h(key, key, challenge.device);
  const bool right = opens(request, key, counter);
  if (right) {
    memcpy(session.key, key, sizeof key);
    session.heard = counter;
    session.said = 0;
    session.open = true;
    challenge.asked = false;
  }
  crypto_wipe(key, sizeof key);
  return right;
}

/* 0 if `request` was sealed in the session that is open, and after all that were taken; then it is
 * opened. Else why not. */
static uint32_t doubt_of(te_frame *request, uint32_t counter) {
  const bool of_another_key = request->type == TE_TYPE_AUTH && challenge.asked;
  if (session.heard > MOST_FRAMES || session.said > MOST_FRAMES) session.open = false;
  if (begins(request, counter)) return 0;
  if (of_another_key) return TE_DOUBT_FORGED;
  if (!session.open) return TE_DOUBT_SESSION;
  if (counter <= session.heard) return TE_DOUBT_REPLAYED;
  if (!opens(request, session.key, counter)) return TE_DOUBT_FORGED;
  session.heard = counter;
  return 0;
}

bool te_auth_open(te_frame *request) {
  sealing = false;
  if (request->type == TE_TYPE_CHALLENGE) return true;
  if (request->type == TE_TYPE_HELLO && request->length == 0) return true;
  uint32_t doubt = TE_DOUBT_SESSION;
  if (request->length >= TE_SEAL_SIZE) {
    const uint8_t *seal = request->payload + request->length - TE_SEAL_SIZE;
    doubt = doubt_of(request, te_get_u32(seal + TE_SEAL_COUNTER_AT));
  }
  sealing = doubt == 0;
  if (!sealing) te_refuse(request, TE_CODE_AUTH, doubt, "");
  return sealing;
}

bool te_auth_trusts(void) {
  return sealing;
}

size_t te_auth_seals(void) {
  return sealing ? TE_SEAL_SIZE : 0;
}

void te_auth_seal_begin(const uint8_t *header) {
  out.begun = sealing;
  if (!sealing) return;
  session.said++;
  set_nonce(out.nonce, TO_HOST, session.said);
  mac_begin(&out.mac, session.key, out.nonce, header);
  out.at = 1;
  out.size = out.bytes = 0;
}

/* Seals what is in the block, and sends it. */
static void flush(void) {
  out.at = crypto_chacha20_ietf(out.block, out.block, out.size, session.key, out.nonce, out.at);
  crypto_poly1305_update(&out.mac, out.block, out.size);
  te_frame_put_raw(out.block, out.size);
  out.bytes += (uint32_t)out.size;
  out.size = 0;
}

bool te_auth_seal_put(const void *data, size_t size) {
  const uint8_t *from = data;
  if (!out.begun) return false;
  while (size > 0) {
    const size_t room = sizeof out.block - out.size;
    const size_t part = size < room ? size : room;
    memcpy(out.block + out.size, from, part);
    out.size += part;
    from += part;
    size -= part;
    if (out.size == sizeof out.block) flush();
  }
  return true;
}

void te_auth_seal_end(void) {
  uint8_t seal[TE_SEAL_SIZE];
  if (!out.begun) return;
  flush();
  te_set_u32(seal + TE_SEAL_COUNTER_AT, session.said);
  mac_end(&out.mac, out.bytes, seal + TE_SEAL_TAG_AT);
  te_frame_put_raw(seal, sizeof seal);
  out.begun = false;
}

void te_auth_fault(void) {
  sealing = out.begun = false;
}
