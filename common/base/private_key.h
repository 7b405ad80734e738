/* Private keys that sign (RSA, Ed25519), kept as PEM (PKCS#8), through OpenSSL. Thread-safe once read. */
#ifndef BASE_PRIVATE_KEY_H
#define BASE_PRIVATE_KEY_H
#include "base/err.h"
#include "base/hash.h"

enum private_key_kind { PRIVATE_KEY_RSA = 1, PRIVATE_KEY_ED25519 };

#define PRIVATE_KEY_RSA_BITS 2048 /* of a new one; RFC 8301 section 3.2 */
#define PRIVATE_KEY_RSA_MIN  1024 /* of one that is read */
#define PRIVATE_KEY_PEM_MAX  16384

struct private_key;

struct private_key *private_key_new(enum private_key_kind kind, struct err *err);
/* NULL with the reason: not PEM, a pass phrase, another kind of key, RSA that is too short. */
struct private_key *private_key_read(struct span pem, struct err *err);
void private_key_free(struct private_key **key);
void private_key_write(const struct private_key *key, struct str *pem_out);
enum private_key_kind private_key_kind(const struct private_key *key);
/* RSA: SubjectPublicKeyInfo, DER. Ed25519: its 32 bytes (RFC 8463 section 4.2). */
void private_key_public(const struct private_key *key, struct str *out);
/* RSA: PKCS#1 v1.5 over the SHA-256 digest. Ed25519: over the digest's bytes (RFC 8463 section 3). -1: OpenSSL could not. */
int private_key_sign(const struct private_key *key, const uint8_t digest[HASH_SHA256_SIZE],
                     struct str *signature_out, struct err *err);
#endif
