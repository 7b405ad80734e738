/* Signatures (Ed25519) and sealing (X25519, HKDF-SHA-256, ChaCha20-Poly1305), through OpenSSL. Keys are raw bytes. */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#define SIGN_SECRET_SIZE 32
#define SIGN_PUBLIC_SIZE 32
#define SIGN_SIZE        64
#define SIGN_ID_SIZE     17 /* 16 hexadecimal digits of sha256 of the public key, and NUL */
#define SEAL_PUBLIC_SIZE 32
#define SEAL_OVERHEAD    16 /* of a piece */

struct sign_key {
    uint8_t secret[SIGN_SECRET_SIZE], public[SIGN_PUBLIC_SIZE];
};
void sign_key_new(struct sign_key *key_r);
bool sign_key_from_secret(struct sign_key *key); /* fills in public */
void sign_bytes(const struct sign_key *key, struct span bytes, uint8_t signature_r[SIGN_SIZE]);
bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span bytes,
                 const uint8_t signature[SIGN_SIZE]);
void sign_id(const uint8_t public_key[SIGN_PUBLIC_SIZE], char id_r[SIGN_ID_SIZE]);

struct seal_key {
    uint8_t secret[32], public[SEAL_PUBLIC_SIZE];
};
void seal_key_new(struct seal_key *key_r);
bool seal_key_from_secret(struct seal_key *key);
/* A small thing for one reader: an ephemeral public key, then the ciphertext. context is bound to it ("cluster key 3"), not secret. Appended. */
void seal_to(struct str *out, const uint8_t public_key[SEAL_PUBLIC_SIZE], struct span context,
             struct span plain);
bool seal_open(struct str *out, const struct seal_key *key, struct span context,
               struct span sealed);

/* A stream of pieces for one reader, one way. The first piece of the stream is preceded by the header (the ephemeral public key). */
struct seal_stream {
    uint8_t key[32];
    uint64_t index;
    bool is_over; /* the last piece went by: nothing may follow */
};
void seal_stream_send(struct seal_stream *stream_r, const uint8_t public_key[SEAL_PUBLIC_SIZE],
                      struct span context, uint8_t header_r[SEAL_PUBLIC_SIZE]);
bool seal_stream_receive(struct seal_stream *stream_r, const struct seal_key *key,
                         struct span context, const uint8_t header[SEAL_PUBLIC_SIZE]);
void seal_piece(struct seal_stream *stream, struct str *out, struct span plain, bool is_last);
/* False: not the next piece of this stream, or damaged. *is_last_r: nothing may follow. */
bool seal_piece_open(struct seal_stream *stream, struct str *out, struct span piece,
                     bool *is_last_r);

/* With a shared key (rows of the index): random nonce, bound to context. */
void seal_row(struct str *out, const uint8_t key[HASH_KEY_SIZE], struct span context,
              struct span plain);
bool seal_row_open(struct str *out, const uint8_t key[HASH_KEY_SIZE], struct span context,
                   struct span sealed);
#endif
