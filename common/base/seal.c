/* Sealing (base/sign.h): a key for each use from X25519 and HKDF-SHA-256, then ChaCha20-Poly1305 whose nonce is the place in the stream. */
#include <openssl/evp.h>

#include "base/log.h"
#include "base/sign.h"

#define NONCE_SIZE 12
#define SALT_SIZE  16

_Noreturn static void fail(void)
{
    log_fatal("X25519 or ChaCha20-Poly1305 is not available from OpenSSL; check its providers");
}

bool seal_key_from_secret(struct seal_key *key)
{
    size_t len = SEAL_PUBLIC_SIZE;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, key->secret, sizeof key->secret);
    bool is_good = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public, &len) == 1;

    EVP_PKEY_free(pkey);
    return is_good && len == SEAL_PUBLIC_SIZE;
}

void seal_key_new(struct seal_key *key_r)
{
    hash_random(key_r->secret, sizeof key_r->secret);
    if (!seal_key_from_secret(key_r))
        fail();
}

/* False for a public key of small order, with which nothing would be secret. */
static bool agree(const uint8_t secret[32], const uint8_t public_key[SEAL_PUBLIC_SIZE],
                  uint8_t shared_r[32])
{
    size_t len = 32;
    EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, 32);
    EVP_PKEY *other =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, SEAL_PUBLIC_SIZE);
    EVP_PKEY_CTX *ctx = own != NULL ? EVP_PKEY_CTX_new(own, NULL) : NULL;
    bool is_good = ctx != NULL && other != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
                   EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
                   EVP_PKEY_derive(ctx, shared_r, &len) == 1 && len == 32;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    return is_good;
}

/* What a key is for: bound to all that is encrypted with it. */
struct use {
    const char *purpose;
    struct span context;
    const uint8_t *reader; /* its public key */
};

/* RFC 5869 without a salt and with one block. The use and both public keys are its info. */
static void derive(const uint8_t shared[32], const struct use *use,
                   const uint8_t ephemeral[SEAL_PUBLIC_SIZE], uint8_t key_r[32])
{
    static const uint8_t no_salt[HASH_KEY_SIZE];
    struct str info = STR_EMPTY;
    uint8_t pseudorandom[HASH_SHA256_SIZE];

    hash_hmac(no_salt, span_from(shared, 32), pseudorandom);
    str_printf(&info, "postgate %s 1:", use->purpose);
    str_add(&info, span_from(ephemeral, SEAL_PUBLIC_SIZE));
    str_add(&info, span_from(use->reader, SEAL_PUBLIC_SIZE));
    str_add(&info, use->context);
    str_addc(&info, '\1');
    hash_hmac(pseudorandom, str_span(&info), key_r);
    explicit_bzero(pseudorandom, sizeof pseudorandom);
    str_clear(&info);
}

/* The writer's half: a new ephemeral key. A reader's key that is none gets what nobody can open. */
static void derive_to(const struct use *use, uint8_t ephemeral_r[SEAL_PUBLIC_SIZE],
                      uint8_t key_r[32])
{
    struct seal_key own;
    uint8_t shared[32];

    seal_key_new(&own);
    if (!agree(own.secret, use->reader, shared))
        hash_random(shared, sizeof shared);
    memcpy(ephemeral_r, own.public, SEAL_PUBLIC_SIZE);
    derive(shared, use, own.public, key_r);
    explicit_bzero(&own, sizeof own);
    explicit_bzero(shared, sizeof shared);
}

static bool derive_from(const struct use *use, const struct seal_key *reader,
                        const uint8_t ephemeral[SEAL_PUBLIC_SIZE], uint8_t key_r[32])
{
    uint8_t shared[32];
    bool is_good = agree(reader->secret, ephemeral, shared);

    if (is_good)
        derive(shared, use, ephemeral, key_r);
    explicit_bzero(shared, sizeof shared);
    return is_good;
}

/* What is bound to the text without being in it. */
static bool bind_context(EVP_CIPHER_CTX *ctx, struct span context)
{
    int len = 0;

    return context.len == 0 ||
           EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *)context.ptr,
                            (int)context.len) == 1;
}

static void encrypt(struct str *out, const uint8_t key[32], const uint8_t nonce[NONCE_SIZE],
                    struct span context, struct span plain)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    size_t at = out->len;
    int len = 0, last = 0;
    unsigned char *to;

    str_add(out, plain);
    str_add(out, SPAN("0123456789abcdef")); /* room for the tag */
    to = (unsigned char *)out->ptr + at;
    if (ctx == NULL || plain.len > 0x7fffffff - SEAL_OVERHEAD ||
        EVP_EncryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key, nonce) != 1 ||
        !bind_context(ctx, context) ||
        EVP_EncryptUpdate(ctx, to, &len, to, (int)plain.len) != 1 ||
        EVP_EncryptFinal_ex(ctx, to + len, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, SEAL_OVERHEAD, to + plain.len) != 1)
        fail();
    EVP_CIPHER_CTX_free(ctx);
}

/* Nothing is left in out of what was not whole. */
static bool decrypt(struct str *out, const uint8_t key[32], const uint8_t nonce[NONCE_SIZE],
                    struct span context, struct span sealed)
{
    EVP_CIPHER_CTX *ctx;
    size_t at = out->len, plain = sealed.len - SEAL_OVERHEAD;
    uint8_t tag[SEAL_OVERHEAD];
    int len = 0, last = 0;
    unsigned char *to;
    bool is_whole;

    if (sealed.len < SEAL_OVERHEAD || sealed.len > 0x7fffffff)
        return false;
    memcpy(tag, sealed.ptr + plain, sizeof tag);
    str_add(out,
            span_from(sealed.ptr, plain)); /* terminated, so there is memory for none, too */
    to = (unsigned char *)out->ptr + at;
    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL || EVP_DecryptInit_ex(ctx, EVP_chacha20_poly1305(), NULL, key, nonce) != 1)
        fail();
    is_whole = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, SEAL_OVERHEAD, tag) == 1 &&
               bind_context(ctx, context) &&
               EVP_DecryptUpdate(ctx, to, &len, to, (int)plain) == 1 &&
               EVP_DecryptFinal_ex(ctx, to + len, &last) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!is_whole)
        str_truncate(out, at);
    return is_whole;
}

static const uint8_t first_nonce[NONCE_SIZE]; /* of a key that is used once */

void seal_to(struct str *out, const uint8_t public_key[SEAL_PUBLIC_SIZE], struct span context,
             struct span plain)
{
    const struct use use = {"seal", context, public_key};
    uint8_t ephemeral[SEAL_PUBLIC_SIZE], key[32];

    derive_to(&use, ephemeral, key);
    str_add(out, span_from(ephemeral, sizeof ephemeral));
    encrypt(out, key, first_nonce, SPAN(""), plain);
    explicit_bzero(key, sizeof key);
}

bool seal_open(struct str *out, const struct seal_key *key, struct span context,
               struct span sealed)
{
    const struct use use = {"seal", context, key->public};
    uint8_t derived[32];
    bool is_good =
        sealed.len >= SEAL_PUBLIC_SIZE + SEAL_OVERHEAD &&
        derive_from(&use, key, (const uint8_t *)sealed.ptr, derived) &&
        decrypt(out, derived, first_nonce, SPAN(""), span_skip(sealed, SEAL_PUBLIC_SIZE));

    explicit_bzero(derived, sizeof derived);
    return is_good;
}

void seal_stream_send(struct seal_stream *stream_r, const uint8_t public_key[SEAL_PUBLIC_SIZE],
                      struct span context, uint8_t header_r[SEAL_PUBLIC_SIZE])
{
    const struct use use = {"stream", context, public_key};

    *stream_r = (struct seal_stream){.index = 0};
    derive_to(&use, header_r, stream_r->key);
}

bool seal_stream_receive(struct seal_stream *stream_r, const struct seal_key *key,
                         struct span context, const uint8_t header[SEAL_PUBLIC_SIZE])
{
    const struct use use = {"stream", context, key->public};

    *stream_r = (struct seal_stream){.index = 0};
    return derive_from(&use, key, header, stream_r->key);
}

/* The place in the stream, and whether it ends there: a piece opens nowhere else. */
static void piece_nonce(uint64_t index, bool is_last, uint8_t nonce_r[NONCE_SIZE])
{
    memset(nonce_r, 0, NONCE_SIZE);
    nonce_r[0] = is_last ? 1 : 0;
    for (int i = 0; i < 8; i++)
        nonce_r[4 + i] = (uint8_t)(index >> (8 * i));
}

void seal_piece(struct seal_stream *stream, struct str *out, struct span plain, bool is_last)
{
    uint8_t nonce[NONCE_SIZE];

    if (stream->is_over)
        log_fatal("a sealed stream was written to after its end");
    piece_nonce(stream->index++, is_last, nonce);
    stream->is_over = is_last;
    encrypt(out, stream->key, nonce, SPAN(""), plain);
}

bool seal_piece_open(struct seal_stream *stream, struct str *out, struct span piece,
                     bool *is_last_r)
{
    uint8_t nonce[NONCE_SIZE];

    if (stream->is_over)
        return false;
    for (int last = 0; last <= 1; last++) {
        piece_nonce(stream->index, last != 0, nonce);
        if (!decrypt(out, stream->key, nonce, SPAN(""), piece))
            continue;
        stream->index++;
        *is_last_r = stream->is_over = last != 0;
        return true;
    }
    return false;
}

/* A key for each row, so that random numbers cannot meet however many rows there are. */
static void row_key(const uint8_t key[HASH_KEY_SIZE], const uint8_t salt[SALT_SIZE],
                    uint8_t row_key_r[32])
{
    struct str text = STR_EMPTY;

    str_adds(&text, "postgate row 1:");
    str_add(&text, span_from(salt, SALT_SIZE));
    hash_hmac(key, str_span(&text), row_key_r);
    str_clear(&text);
}

void seal_row(struct str *out, const uint8_t key[HASH_KEY_SIZE], struct span context,
              struct span plain)
{
    uint8_t salt[SALT_SIZE], own[32];

    hash_random(salt, sizeof salt);
    row_key(key, salt, own);
    str_add(out, span_from(salt, sizeof salt));
    encrypt(out, own, first_nonce, context, plain);
    explicit_bzero(own, sizeof own);
}

bool seal_row_open(struct str *out, const uint8_t key[HASH_KEY_SIZE], struct span context,
                   struct span sealed)
{
    uint8_t own[32];
    bool is_whole;

    if (sealed.len < SALT_SIZE + SEAL_OVERHEAD)
        return false;
    row_key(key, (const uint8_t *)sealed.ptr, own);
    is_whole = decrypt(out, own, first_nonce, context, span_skip(sealed, SALT_SIZE));
    explicit_bzero(own, sizeof own);
    return is_whole;
}
