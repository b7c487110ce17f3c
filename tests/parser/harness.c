/* What libFuzzer calls: the application on a port whose link brings the fuzzer's bytes and then has
 * gone. The bytes are records: how the next ones go on the wire (as they are, or as the payload of
 * a frame that is whole), so that the fuzzer gets past the CRC, and with SEALED past the seal.
 * Every request must be answered once. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#ifndef RAW_ONLY
#include "frame.h"
#include "te_protocol.h"
#endif
#include "te_port.h"
#ifdef SEALED
#include "monocypher.h"
#include "te_device_key.h"
#endif

enum { STREAM_BYTES = 1 << 16, MOST_PIECE = 64 };

static struct {
  uint8_t bytes[STREAM_BYTES];
  size_t size, at;
} stream; /* what the link brings */

static uint32_t asked;    /* whole frames of it, if nothing else is on it */
static uint32_t answered; /* zero bytes written: two a frame */
static bool all_known;    /* there is nothing but whole frames */
static jmp_buf ended;

/* What does not fit is cut off; there is always room for the zero byte at the end. */
static void put(const void *data, size_t size) {
  const size_t room = STREAM_BYTES - 1 - stream.size;
  if (size > room) {
    size = room;
    all_known = false;
  }
  memcpy(stream.bytes + stream.size, data, size);
  stream.size += size;
}

#ifndef RAW_ONLY
/* COBS, written apart from the firmware's. */
static void put_stuffed(const uint8_t *data, size_t size) {
  for (size_t from = 0; from <= size;) {
    size_t run = 0;
    while (run < 254 && from + run < size && data[from + run] != 0) run++;
    put(&(uint8_t){(uint8_t)(run + 1)}, 1);
    put(data + from, run);
    from += run;
    if (run == 254 && from == size) break;
    if (run < 254) from++; /* the zero that the code stands for, or the end */
  }
}

#ifdef SEALED
enum { MOST_HEARD = 256 };

static struct {
  uint8_t key[32];
  uint32_t counter;
  bool open;                 /* put_frame seals */
  uint8_t heard[MOST_HEARD]; /* what the device writes while there is no session */
  size_t heard_bytes;
} session;

/* Seals `size` bytes behind `header`, in place; Monocypher's own RFC 8439 is apart from auth.c's.
 */
static void seal(const uint8_t *header, uint8_t *payload, size_t size) {
  crypto_aead_ctx cipher;
  uint8_t nonce[12] = {1};
  te_set_u32(nonce + 8, ++session.counter);
  crypto_aead_init_ietf(&cipher, session.key, nonce);
  te_set_u32(payload + size, session.counter);
  crypto_aead_write(&cipher, payload, payload + size + TE_SEAL_TAG_AT, header, TE_HEADER_SIZE,
                    payload, size);
}
#endif

/* A whole frame, between zero bytes. */
static void put_frame(uint8_t version, uint8_t type, const uint8_t *payload, size_t size) {
  static uint16_t sequence;
  uint8_t body[TE_HEADER_SIZE + 2 * TE_MAX_PAYLOAD + TE_CRC_BYTES] = {version, type};
  sequence++;
  memcpy(body + TE_HEADER_SEQUENCE_AT, &sequence, 2);
  memcpy(body + TE_HEADER_SIZE, payload, size);
#ifdef SEALED
  if (session.open) size += TE_SEAL_SIZE;
#endif
  memcpy(body + TE_HEADER_LENGTH_AT, &(uint16_t){(uint16_t)size}, 2);
#ifdef SEALED
  if (session.open) seal(body, body + TE_HEADER_SIZE, size - TE_SEAL_SIZE);
#endif
  te_set_u32(body + TE_HEADER_SIZE + size, te_crc32(0, body, TE_HEADER_SIZE + size));
  put("", 1);
  put_stuffed(body, TE_HEADER_SIZE + size + TE_CRC_BYTES);
  put("", 1);
  if (size <= TE_MAX_PAYLOAD) asked++;
}

/* An INVOKE whose CRC is that of the input, which the fuzzer would not guess: of `size` bytes that
 * are written before. */
static void put_inference(uint32_t number, const uint8_t *input, size_t size) {
  uint8_t body[TE_WRITE_SIZE + TE_MAX_PAYLOAD];
  te_set_u32(body + TE_WRITE_INFERENCE_AT, number);
  te_set_u32(body + TE_WRITE_OFFSET_AT, 0);
  memcpy(body + TE_WRITE_SIZE, input, size);
  put_frame(TE_PROTOCOL_VERSION, TE_TYPE_WRITE, body, TE_WRITE_SIZE + size);
  te_set_u32(body + TE_INVOKE_INFERENCE_AT, number);
  te_set_u32(body + TE_INVOKE_BYTES_AT, (uint32_t)size);
  te_set_u32(body + TE_INVOKE_CRC_AT, te_crc32(0, input, size));
  put_frame(TE_PROTOCOL_VERSION, TE_TYPE_INVOKE, body, TE_INVOKE_SIZE);
}
#endif

#ifdef SEALED
/* What the device has said last, without its stuffing. */
static void unstuff_heard(uint8_t *body) {
  size_t at = session.heard_bytes - 1;
  while (session.heard[at - 1] != 0) at--;
  while (session.heard[at] != 0) {
    const uint8_t code = session.heard[at++];
    for (uint8_t i = 1; i < code; i++) *body++ = session.heard[at++];
    if (code < 0xff) *body++ = 0;
  }
}

/* A new session with the device, up to the AUTH, which is put first on the next input. */
static void begin_session(void) {
  static uint32_t number;
  uint8_t nonce[TE_CHALLENGE_SIZE] = {0}, body[MOST_HEARD];
  te_set_u32(nonce, ++number);
  session.open = false;
  session.counter = 0;
  session.heard_bytes = stream.size = stream.at = 0;
  put("", 1);
  put_frame(TE_PROTOCOL_VERSION, TE_TYPE_CHALLENGE, nonce, sizeof nonce);
  te_command_loop();
  unstuff_heard(body);
  crypto_chacha20_h(session.key, (const uint8_t[])TE_DEVICE_KEY,
                    (const uint8_t *)"tinyedge session");
  crypto_chacha20_h(session.key, session.key, nonce);
  crypto_chacha20_h(session.key, session.key, body + TE_HEADER_SIZE + TE_CHALLENGED_NONCE_AT);
  session.open = true;
}
#endif

/* One record: a byte that says how, one that counts by 3, what it is about, and the payload. */
static size_t put_record(const uint8_t *data, size_t size) {
  size_t length = size < 3 ? 0 : data[1] * 3u;
  if (size < 3) return size;
  if (length > size - 3) length = size - 3;
  const uint8_t *payload = data + 3;
#ifdef RAW_ONLY
  put(payload, length);
#else
  switch (data[0] % 8) {
    case 0:
      put(payload, length);
      all_known = false;
      break;
    case 1:
#ifdef SEALED
      session.open = false;
      put_frame(TE_PROTOCOL_VERSION, data[2], payload, length);
      session.open = true;
#else
      put_frame(data[2], TE_TYPE_HELLO, payload, length);
#endif
      break;
    case 2:
    case 3:
      put_inference(data[2], payload, length < 500 ? length : 500);
      break;
    default:
      put_frame(TE_PROTOCOL_VERSION, data[2], payload, length);
  }
#endif
  return 3 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
#ifdef SEALED
  begin_session();
#endif
  stream.size = stream.at = asked = answered = 0;
  all_known = true;
  put("", 1); /* ends what the last input has begun */
#ifdef SEALED
  put_frame(TE_PROTOCOL_VERSION, TE_TYPE_AUTH, data, 0);
#endif
  for (size_t at = 0; at < size;) at += put_record(data + at, size - at);
  stream.bytes[stream.size++] = 0;
  if (setjmp(ended) != 0) {
    all_known = false;
    stream.at = stream.size - 1; /* the zero byte, which ends what it was reading */
  }
  te_command_loop(); /* after a halt again, for what it had read of this input */
#ifndef RAW_ONLY
  if (all_known && answered != 2 * (asked + 1)) { /* READY */
    fprintf(stderr, "%u frames sent for %u requests\n", answered / 2 - 1, asked);
    abort();
  }
#endif
  return 0;
}

void te_port_init(void) {}

void te_port_alive(void) {}

int te_port_read(uint8_t *data, size_t size) {
  size_t piece = stream.at % MOST_PIECE + 1; /* of any length */
  if (stream.at == stream.size) return -1;
  if (piece > size) piece = size;
  if (piece > stream.size - stream.at) piece = stream.size - stream.at;
  memcpy(data, stream.bytes + stream.at, piece);
  stream.at += piece;
  return (int)piece;
}

void te_port_write(const uint8_t *data, size_t size) {
  if (size == 1 && data[0] == 0) answered++;
#ifdef SEALED
  for (size_t i = 0; !session.open && i < size && session.heard_bytes < MOST_HEARD; i++) {
    session.heard[session.heard_bytes++] = data[i];
  }
#endif
}

uint32_t te_port_overruns(void) {
  return 0;
}

uint64_t te_port_ticks(void) {
  static uint64_t now;
  return now++;
}

uint32_t te_port_ticks_hz(void) {
  return 1;
}

void te_port_quiet(bool quiet) {
  (void)quiet;
}

size_t te_port_stack_peak(void) {
  return 0;
}

bool te_port_stack_whole(void) {
  return true;
}

void te_port_halt(int code) {
  longjmp(ended, 1 + code);
}
