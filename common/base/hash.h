/* Digests and keyed hashes (OpenSSL), hexadecimal and base64 text, random bytes, and a fast keyed hash for tables. */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "base/span.h"
#include "base/str.h"

#define HASH_SHA256_SIZE 32
#define HASH_SHA256_HEX  65 /* as text, lower case */
#define HASH_KEY_SIZE    32

void hash_sha256(struct span bytes, uint8_t out_r[HASH_SHA256_SIZE]);
void hash_sha256_hex(struct span bytes, char hex_r[HASH_SHA256_HEX]);
/* Incremental: hash_sha256_new, _add ..., _end (frees). */
struct hash_sha256;
struct hash_sha256 *hash_sha256_new(void);
void hash_sha256_add(struct hash_sha256 *h, struct span bytes);
/* The digest of what was added so far and of more behind it; h stays as it is. */
void hash_sha256_peek(const struct hash_sha256 *h, struct span more,
                      uint8_t out_r[HASH_SHA256_SIZE]);
void hash_sha256_end(struct hash_sha256 **h, uint8_t out_r[HASH_SHA256_SIZE]);
void hash_hmac(const uint8_t key[HASH_KEY_SIZE], struct span bytes,
               uint8_t out_r[HASH_SHA256_SIZE]);
/* A key for one purpose from a master key: HMAC(master, "postgate " label). */
void hash_subkey(const uint8_t master[HASH_KEY_SIZE], const char *label,
                 uint8_t out_r[HASH_KEY_SIZE]);
bool hash_equal(const void *a, const void *b, size_t len); /* in constant time */
void hash_random(void *out_r, size_t len);
void hash_hex(struct str *out, const void *bytes, size_t len); /* lower case */
bool hash_unhex(struct span hex, void *out_r, size_t len); /* exactly len bytes, either case */
void hash_base64(struct str *out, struct span bytes);      /* RFC 4648 section 4 */
bool hash_unbase64(struct span text, struct str *out); /* strict; false on anything malformed */
/* SipHash-1-3 of bytes under a 128-bit seed: for hash tables over foreign keys. */
uint64_t hash_table64(const uint64_t seed[2], struct span bytes);
#endif
