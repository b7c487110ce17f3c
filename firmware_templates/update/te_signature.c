#include "te_signature.h"

#include "monocypher.h"
#include "te_sha512.h"

bool te_signature_holds(const uint8_t *signature, const uint8_t *public_key, const void *message,
                        size_t size) {
  te_sha512 hash;
  uint8_t wide[64], reduced[32];
  te_sha512_begin(&hash);
  te_sha512_add(&hash, signature, 32);
  te_sha512_add(&hash, public_key, TE_PUBLIC_KEY_BYTES);
  te_sha512_add(&hash, message, size);
  te_sha512_end(&hash, wide);
  crypto_eddsa_reduce(reduced, wide);
  return crypto_eddsa_check_equation(signature, public_key, reduced) == 0;
}
