/* Ed25519 signatures over OpenSSL. A failing primitive ends the process: there is no safe way on. */
#include "base/sign.h"

#include <openssl/evp.h>

#include "base/log.h"

_Noreturn static void fail(void)
{
    log_fatal("Ed25519 is not available from OpenSSL; check its providers");
}

bool sign_key_from_secret(struct sign_key *key)
{
    size_t len = SIGN_PUBLIC_SIZE;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->secret, SIGN_SECRET_SIZE);
    bool is_good = pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, key->public, &len) == 1;

    EVP_PKEY_free(pkey);
    return is_good && len == SIGN_PUBLIC_SIZE;
}

void sign_key_new(struct sign_key *key_r)
{
    hash_random(key_r->secret, SIGN_SECRET_SIZE);
    if (!sign_key_from_secret(key_r))
        fail();
}

void sign_bytes(const struct sign_key *key, struct span bytes, uint8_t signature_r[SIGN_SIZE])
{
    size_t len = SIGN_SIZE;
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->secret, SIGN_SECRET_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (pkey == NULL || ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) != 1 ||
        EVP_DigestSign(ctx, signature_r, &len, (const unsigned char *)bytes.ptr, bytes.len) !=
            1 ||
        len != SIGN_SIZE)
        fail();
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
}

bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span bytes,
                 const uint8_t signature[SIGN_SIZE])
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, SIGN_PUBLIC_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = pkey != NULL && ctx != NULL &&
                   EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                   EVP_DigestVerify(ctx, signature, SIGN_SIZE, (const unsigned char *)bytes.ptr,
                                    bytes.len) == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return is_good;
}

void sign_id(const uint8_t public_key[SIGN_PUBLIC_SIZE], char id_r[SIGN_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[HASH_SHA256_SIZE];

    hash_sha256(span_from(public_key, SIGN_PUBLIC_SIZE), digest);
    for (size_t i = 0; i < (SIGN_ID_SIZE - 1) / 2; i++) {
        id_r[2 * i] = digits[digest[i] >> 4];
        id_r[2 * i + 1] = digits[digest[i] & 15];
    }
    id_r[SIGN_ID_SIZE - 1] = '\0';
}
