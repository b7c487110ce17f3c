#include "frame.h"

#include <stdbool.h>

#include "te_log.h"
#include "te_features.h"
#include "te_port.h"
#include "te_protocol.h"

enum { FRAME_BYTES = TE_HEADER_SIZE + TE_MAX_PAYLOAD + TE_CRC_BYTES, BLOCK_BYTES = 254 };

/* What has been received and not yet looked at. */
static struct {
  uint8_t bytes[64];
  size_t at, size;
} input;

/* The frame being received. */
static struct {
  uint8_t bytes[FRAME_BYTES];
  size_t size;
  uint8_t left;  /* bytes until the next COBS code */
  bool zero_due; /* a zero comes before them, unless the frame ends */
  bool too_long;
  bool started;
} rx;

static bool aligned; /* a delimiter has come: before the first, bytes are the rest of a frame */
static uint32_t damaged;

/* The frame being sent: one COBS block, its code first. */
static struct {
  uint8_t block[1 + BLOCK_BYTES];
  size_t size; /* bytes in the block, without its code */
  uint32_t crc;
} tx;

uint16_t te_get_u16(const uint8_t *from) {
  return (uint16_t)(from[0] | from[1] << 8);
}

uint32_t te_get_u32(const uint8_t *from) {
  return te_get_u16(from) | (uint32_t)te_get_u16(from + 2) << 16;
}

void te_set_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++) to[i] = (uint8_t)(value >> (8 * i));
}

static void append(uint8_t byte) {
  if (rx.size == FRAME_BYTES) {
    rx.too_long = true;
  } else {
    rx.bytes[rx.size++] = byte;
  }
}

/* Takes one byte that is not a delimiter. */
static void unstuff(uint8_t byte) {
  if (!aligned) return;
  rx.started = true;
  if (rx.left > 0) {
    append(byte);
    rx.left--;
    return;
  }
  if (rx.zero_due) append(0);
  rx.left = (uint8_t)(byte - 1);
  rx.zero_due = byte != 0xff;
}

/* Whether the bytes between two delimiters are a whole frame; describes it in `frame`. */
static bool complete(te_frame *frame) {
  if (rx.too_long || rx.left > 0 || rx.size < TE_HEADER_SIZE + TE_CRC_BYTES) return false;
  size_t end = rx.size - TE_CRC_BYTES;
  frame->version = rx.bytes[TE_HEADER_VERSION_AT];
  frame->type = rx.bytes[TE_HEADER_TYPE_AT];
  frame->sequence = te_get_u16(rx.bytes + TE_HEADER_SEQUENCE_AT);
  frame->length = te_get_u16(rx.bytes + TE_HEADER_LENGTH_AT);
  frame->payload = rx.bytes + TE_HEADER_SIZE;
  return frame->length == end - TE_HEADER_SIZE &&
         te_crc32(0, rx.bytes, end) == te_get_u32(rx.bytes + end);
}

/* A delimiter has come: ends the frame, if one was begun. Returns whether it is whole. */
static bool finish(te_frame *frame) {
  aligned = true;
  bool started = rx.started;
  bool good = started && complete(frame);
  if (started && !good) damaged++;
  rx.size = 0;
  rx.left = 0;
  rx.zero_due = rx.too_long = rx.started = false;
  return good;
}

int te_frame_receive(te_frame *frame) {
  for (;;) {
    while (input.at < input.size) {
      uint8_t byte = input.bytes[input.at++];
      if (byte != 0) {
        unstuff(byte);
      } else if (finish(frame)) {
        return 0;
      }
    }
    int count = te_port_read(input.bytes, sizeof input.bytes);
    if (count < 0) return -1;
    input.at = 0;
    input.size = (size_t)count;
  }
}

uint32_t te_frame_damaged(void) {
  return damaged;
}

/* Sends the block; its code says how long it is, and (below 0xff) that a zero follows. */
static void flush(void) {
  tx.block[0] = (uint8_t)(tx.size + 1);
  te_port_write(tx.block, tx.size + 1);
  tx.size = 0;
}

static void stuff(const uint8_t *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (data[i] == 0) {
      flush();
      continue;
    }
    tx.block[1 + tx.size++] = data[i];
    if (tx.size == BLOCK_BYTES) flush();
  }
}

void te_frame_put_raw(const void *data, size_t size) {
  tx.crc = te_crc32(tx.crc, data, size);
  stuff(data, size);
}

void te_frame_put(const void *data, size_t size) {
  if (!te_features_seal_put(data, size)) te_frame_put_raw(data, size);
}

void te_frame_begin(uint8_t type, uint16_t sequence, size_t length) {
  uint8_t header[TE_HEADER_SIZE];
  length += te_features_seals();
  header[TE_HEADER_VERSION_AT] = TE_PROTOCOL_VERSION;
  header[TE_HEADER_TYPE_AT] = type;
  header[TE_HEADER_SEQUENCE_AT] = (uint8_t)sequence;
  header[TE_HEADER_SEQUENCE_AT + 1] = (uint8_t)(sequence >> 8);
  header[TE_HEADER_LENGTH_AT] = (uint8_t)length;
  header[TE_HEADER_LENGTH_AT + 1] = (uint8_t)(length >> 8);
  te_port_write((const uint8_t[]){0}, 1);
  tx.size = 0;
  tx.crc = 0;
  te_frame_put_raw(header, sizeof header);
  te_features_seal_begin(header);
}

void te_frame_end(void) {
  uint8_t crc[TE_CRC_BYTES];
  te_features_seal_end();
  te_set_u32(crc, tx.crc);
  stuff(crc, sizeof crc);
  flush();
  te_port_write((const uint8_t[]){0}, 1);
}

size_t te_text_length(const char *text, size_t limit) {
  size_t length = 0;
  while (length < limit && text[length] != '\0') length++;
  return length;
}

void te_log(const char *text) {
  size_t length = te_text_length(text, TE_MAX_ANSWER);
  te_frame_begin(TE_TYPE_LOG, 0, length);
  te_frame_put(text, length);
  te_frame_end();
}

void te_fault(const char *text, uint32_t address) {
  te_features_fault();
  uint8_t error[TE_ERROR_SIZE];
  size_t length = te_text_length(text, TE_MAX_ANSWER - TE_ERROR_SIZE);
  te_set_u32(error + TE_ERROR_CODE_AT, TE_CODE_FAULT);
  te_set_u32(error + TE_ERROR_DETAIL_AT, address);
  te_frame_begin(TE_TYPE_ERROR, 0, sizeof error + length);
  te_frame_put(error, sizeof error);
  te_frame_put(text, length);
  te_frame_end();
}
