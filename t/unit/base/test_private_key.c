/* test_private_key.c - keys made, written, read again, and their signatures checked by OpenSSL itself. */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/private_key.h"
#include "t/lib/suite.h"

static EVP_PKEY *public_of(const struct private_key *key)
{
    struct str bytes = STR_EMPTY;
    EVP_PKEY *pkey;

    private_key_public(key, &bytes);
    const unsigned char *der = (const unsigned char *)bytes.ptr;
    pkey = private_key_kind(key) == PRIVATE_KEY_RSA
               ? d2i_PUBKEY(NULL, &der, (long)bytes.len)
               : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, der, bytes.len);
    str_clear(&bytes);
    return pkey;
}

static bool is_signature(EVP_PKEY *pkey, const uint8_t *digest, const struct str *signature)
{
    const unsigned char *bytes = (const unsigned char *)signature->ptr;
    bool is_good;

    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        is_good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                  EVP_DigestVerify(ctx, bytes, signature->len, digest, 32) == 1;
        EVP_MD_CTX_free(ctx);
        return is_good;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    is_good = EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_verify(ctx, bytes, signature->len, digest, 32) == 1;
    EVP_PKEY_CTX_free(ctx);
    return is_good;
}

static void round_of(enum private_key_kind kind)
{
    struct private_key *made = private_key_new(kind, NULL), *read;
    struct str pem = STR_EMPTY, signature = STR_EMPTY;
    uint8_t digest[HASH_SHA256_SIZE];

    private_key_write(made, &pem);
    ck_assert(span_starts(str_span(&pem), SPAN("-----BEGIN PRIVATE KEY-----")));
    read = private_key_read(str_span(&pem), NULL);
    ck_assert_ptr_nonnull(read);
    ck_assert_int_eq(private_key_kind(read), kind);
    hash_sha256(SPAN("abc"), digest);
    ck_assert_int_eq(private_key_sign(read, digest, &signature, NULL), 0);
    EVP_PKEY *pkey = public_of(made);
    ck_assert(is_signature(pkey, digest, &signature));
    digest[0] ^= 1;
    ck_assert(!is_signature(pkey, digest, &signature));
    EVP_PKEY_free(pkey);
    str_clear(&pem);
    str_clear(&signature);
    private_key_free(&made);
    private_key_free(&read);
}

START_TEST(test_round)
{
    round_of(PRIVATE_KEY_RSA);
    round_of(PRIVATE_KEY_ED25519);
}
END_TEST

static const struct {
    const char *pem, *error;
} bad[] = {
    {"", "private key as PEM"},
    {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "private key as PEM"},
    /* an EC key, P-256 */
    {"-----BEGIN PRIVATE KEY-----\n"
     "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/83Hcjt32JmpO1uQ\n"
     "DaVu15ZuZgpoD+nOhX7gwR/7VqWhRANCAAQCDsGzbECW/6tDPmZVrCX9G8hm0T9w\n"
     "iv3gDFCotyWbT1JJehyYEocYhC0Di6TPg3hjMm5sUdRcuWR8vPgr6QPs\n"
     "-----END PRIVATE KEY-----\n",
     "neither an RSA nor"},
};

START_TEST(test_refused)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct err err;

        ck_assert_ptr_null(private_key_read(span_of(bad[i].pem), &err));
        ck_assert_msg(strstr(err.text, bad[i].error) != NULL, "%s", err.text);
    }
}
END_TEST

SUITE_MAIN("private keys", test_round, test_refused)
