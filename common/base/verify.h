/* Public keys that others sign with: RSA (PKCS#1 v1.5 with SHA-256) and Ed25519, through OpenSSL. Key and signature are anybody's. */
#ifndef BASE_VERIFY_H
#define BASE_VERIFY_H
#include "base/err.h"
#include "base/hash.h"

enum verify_kind { VERIFY_RSA = 1, VERIFY_ED25519 };

#define VERIFY_RSA_BITS_MAX      8192 /* of the modulus: what a stranger's key may cost */
#define VERIFY_RSA_EXPONENT_BITS 64
#define VERIFY_ED25519_SIZE      32

struct verify_key;

/* RSA: SubjectPublicKeyInfo or RSAPublicKey, as DER. Ed25519: 32 bytes. NULL with the reason: malformed, or too large. */
struct verify_key *verify_key_read(enum verify_kind kind, struct span bytes, struct err *err);
void verify_key_free(struct verify_key **key);
unsigned verify_key_bits(const struct verify_key *key); /* of the modulus; Ed25519: 256 */
/* RSA: PKCS#1 v1.5 over the digest. Ed25519: over the digest's bytes as the message (RFC 8463 section 3). */
bool verify_digest(const struct verify_key *key, const uint8_t digest[HASH_SHA256_SIZE],
                   struct span signature);
#endif
