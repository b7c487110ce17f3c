/* Feature `auth`: requests are taken only from who has the device's key, and only once; both ways
 * are encrypted (ChaCha20-Poly1305, RFC 8439; see tinyedge/link/auth.py). Its RAM: 256 bytes. */
#ifndef TE_AUTH_H
#define TE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

/* CHALLENGE: a nonce for a new session. The session that is open stays until AUTH. */
void te_on_challenge(const te_frame *request);

/* AUTH: says that the session is open; it was opened when the request was. */
void te_on_auth(const te_frame *request);

/* Opens a sealed request in place. false: it was refused, unsealed. HELLO and CHALLENGE may come as
 * they are. */
bool te_auth_open(te_frame *request);

/* Whether the request that is being handled was sealed. */
bool te_auth_trusts(void);

/* Bytes that a seal adds to the next frame: 0 where it answers what was not sealed. */
size_t te_auth_seals(void);

/* A frame with this header is sealed as it is sent: begin, any number of puts, end. */
void te_auth_seal_begin(const uint8_t *header);
bool te_auth_seal_put(const void *data, size_t size);
void te_auth_seal_end(void);

/* What a fault has to say goes out unsealed, by as little code as possible. */
void te_auth_fault(void);

#endif
