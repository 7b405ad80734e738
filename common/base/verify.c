/* verify.c - public keys of others, over OpenSSL. An RSA key's DER is read here: OpenSSL's decoders take five times as long as the signature. */
#include "base/verify.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include "base/xalloc.h"

#define DER_INTEGER    0x02
#define DER_BIT_STRING 0x03
#define DER_SEQUENCE   0x30

struct verify_key {
    EVP_PKEY *pkey;
    enum verify_kind kind;
};

/* AlgorithmIdentifier rsaEncryption with its NULL (RFC 3279 section 2.3.1), the content of its SEQUENCE. */
static const struct span rsa_algorithm = {
    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 13};

/* The length behind a tag, of at most two bytes. False: indefinite, not the shortest form, longer than what follows. */
static bool der_length(struct span *rest, size_t *length_r)
{
    const uint8_t *at = (const uint8_t *)rest->ptr;
    size_t count = rest->len > 0 && at[0] > 0x80 ? at[0] & 0x7fu : 0;
    size_t length = rest->len > 0 ? at[0] : 0;

    if (rest->len == 0 || at[0] == 0x80 || count > 2 || rest->len < 1 + count)
        return false;
    if (count > 0)
        length = count == 1 ? at[1] : (size_t)at[1] << 8 | at[2];
    *rest = span_from(rest->ptr + 1 + count, rest->len - 1 - count);
    *length_r = length;
    return length <= rest->len && (count != 1 || length >= 128) &&
           (count != 2 || length >= 256);
}

/* Takes one element off the front. */
static bool der_take(struct span *rest, uint8_t tag, struct span *content_r)
{
    size_t length;

    if (rest->len == 0 || (uint8_t)rest->ptr[0] != tag)
        return false;
    *rest = span_skip(*rest, 1);
    if (!der_length(rest, &length))
        return false;
    *content_r = span_from(rest->ptr, length);
    *rest = span_skip(*rest, length);
    return true;
}

/* A positive one; without the zero byte that keeps it so. */
static bool der_take_positive(struct span *rest, struct span *number_r)
{
    if (!der_take(rest, DER_INTEGER, number_r) || number_r->len == 0 ||
        (number_r->ptr[0] & 0x80) != 0)
        return false;
    if (number_r->len > 1 && number_r->ptr[0] == 0)
        *number_r = span_skip(*number_r, 1);
    return true;
}

/* Of a SubjectPublicKeyInfo the RSAPublicKey in it; of anything else the same. */
static struct span inner_key(struct span bytes)
{
    struct span rest = bytes, outer, algorithm, key;

    if (der_take(&rest, DER_SEQUENCE, &outer) && rest.len == 0 &&
        der_take(&outer, DER_SEQUENCE, &algorithm) && span_equal(algorithm, rsa_algorithm) &&
        der_take(&outer, DER_BIT_STRING, &key) && outer.len == 0 && key.len > 0 &&
        key.ptr[0] == 0)
        return span_skip(key, 1);
    return bytes;
}

static bool read_numbers(struct span bytes, struct span *modulus_r, struct span *exponent_r)
{
    struct span rest = inner_key(bytes), numbers;

    return der_take(&rest, DER_SEQUENCE, &numbers) && rest.len == 0 &&
           der_take_positive(&numbers, modulus_r) && der_take_positive(&numbers, exponent_r) &&
           numbers.len == 0;
}

static EVP_PKEY *make_rsa(const BIGNUM *modulus, const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;

    if (build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        params = OSSL_PARAM_BLD_to_param(build);
    if (params != NULL && ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *read_rsa(struct span bytes, struct err *err)
{
    struct span modulus, exponent;
    BIGNUM *n, *e;
    EVP_PKEY *pkey = NULL;

    if (!read_numbers(bytes, &modulus, &exponent)) {
        err_set(err, "not an RSA public key");
        return NULL;
    }
    if (modulus.len > VERIFY_RSA_BITS_MAX / 8 || exponent.len > VERIFY_RSA_EXPONENT_BITS / 8) {
        err_set(err, "an RSA key that is too large");
        return NULL;
    }
    n = BN_bin2bn((const unsigned char *)modulus.ptr, (int)modulus.len, NULL);
    e = BN_bin2bn((const unsigned char *)exponent.ptr, (int)exponent.len, NULL);
    /* Even numbers and 1 are no such parts; what is left of rubbish only fails to verify. */
    if (n != NULL && e != NULL && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e))
        pkey = make_rsa(n, e);
    BN_free(n);
    BN_free(e);
    if (pkey == NULL)
        err_set(err, "not an RSA public key");
    return pkey;
}

static EVP_PKEY *read_ed25519(struct span bytes, struct err *err)
{
    EVP_PKEY *pkey = NULL;

    if (bytes.len == VERIFY_ED25519_SIZE)
        pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                           (const unsigned char *)bytes.ptr, bytes.len);
    if (pkey == NULL)
        err_set(err, "not an Ed25519 public key of %d bytes", VERIFY_ED25519_SIZE);
    return pkey;
}

struct verify_key *verify_key_read(enum verify_kind kind, struct span bytes, struct err *err)
{
    EVP_PKEY *pkey = kind == VERIFY_RSA ? read_rsa(bytes, err) : read_ed25519(bytes, err);
    struct verify_key *key;

    ERR_clear_error();
    if (pkey == NULL)
        return NULL;
    key = xcalloc(1, sizeof *key);
    key->pkey = pkey;
    key->kind = kind;
    return key;
}

void verify_key_free(struct verify_key **key)
{
    if (*key != NULL)
        EVP_PKEY_free((*key)->pkey);
    xfree(key);
}

unsigned verify_key_bits(const struct verify_key *key)
{
    return key->kind == VERIFY_RSA ? (unsigned)EVP_PKEY_get_bits(key->pkey) : 256;
}

static bool verify_rsa(EVP_PKEY *pkey, const uint8_t *digest, struct span signature)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool is_good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                   EVP_PKEY_verify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                   digest, HASH_SHA256_SIZE) == 1;

    EVP_PKEY_CTX_free(ctx);
    return is_good;
}

static bool verify_ed25519(EVP_PKEY *pkey, const uint8_t *digest, struct span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                   EVP_DigestVerify(ctx, (const unsigned char *)signature.ptr, signature.len,
                                    digest, HASH_SHA256_SIZE) == 1;

    EVP_MD_CTX_free(ctx);
    return is_good;
}

bool verify_digest(const struct verify_key *key, const uint8_t digest[HASH_SHA256_SIZE],
                   struct span signature)
{
    bool is_good = key->kind == VERIFY_RSA ? verify_rsa(key->pkey, digest, signature)
                                           : verify_ed25519(key->pkey, digest, signature);

    ERR_clear_error();
    return is_good;
}
