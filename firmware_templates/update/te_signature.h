/* Ed25519 (RFC 8032): Monocypher's curve, with SHA-512. */
#ifndef TE_SIGNATURE_H
#define TE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TE_SIGNATURE_BYTES 64
#define TE_PUBLIC_KEY_BYTES 32

/* Whether `signature` over `size` bytes of `message` is the key's. Takes about 1.5 KB of stack. */
bool te_signature_holds(const uint8_t *signature, const uint8_t *public_key, const void *message,
                        size_t size);

#endif
