/* private_key.c - making, keeping and using private keys, over OpenSSL. */
#include "base/private_key.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include "base/log.h"
#include "base/xalloc.h"

#define ED25519_PUBLIC  32
#define SIGNATURE_LIMIT 2048 /* bytes; RSA of 16,384 bits */

struct private_key {
    EVP_PKEY *pkey;
    enum private_key_kind kind;
};

static struct private_key *wrap(EVP_PKEY *pkey, enum private_key_kind kind)
{
    struct private_key *key = xcalloc(1, sizeof *key);

    key->pkey = pkey;
    key->kind = kind;
    return key;
}

struct private_key *private_key_new(enum private_key_kind kind, struct err *err)
{
    EVP_PKEY *pkey = kind == PRIVATE_KEY_RSA
                         ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)PRIVATE_KEY_RSA_BITS)
                         : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

    if (pkey != NULL)
        return wrap(pkey, kind);
    ERR_clear_error();
    err_set(err, "OpenSSL could not make a key");
    return NULL;
}

/* Nobody is asked for a pass phrase. */
static int no_phrase(char *buf, int size, int is_writing, void *ctx)
{
    (void)buf, (void)size, (void)is_writing, (void)ctx;
    return 0;
}

static int kind_of(const EVP_PKEY *pkey, struct err *err)
{
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519)
        return PRIVATE_KEY_ED25519;
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
        return err_set(err, "it is neither an RSA nor an Ed25519 key");
    if (bits < PRIVATE_KEY_RSA_MIN || bits / 8 > SIGNATURE_LIMIT)
        return err_set(err, "an RSA key of %d bits; %d are needed at least, %d are usual", bits,
                       PRIVATE_KEY_RSA_MIN, PRIVATE_KEY_RSA_BITS);
    return PRIVATE_KEY_RSA;
}

struct private_key *private_key_read(struct span pem, struct err *err)
{
    BIO *bio = pem.len <= PRIVATE_KEY_PEM_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_phrase, NULL) : NULL;
    int kind = pkey != NULL ? kind_of(pkey, err)
                            : err_set(err, "it does not hold a private key as PEM, without a "
                                           "pass phrase");

    BIO_free(bio);
    ERR_clear_error();
    if (kind > 0)
        return wrap(pkey, (enum private_key_kind)kind);
    EVP_PKEY_free(pkey);
    return NULL;
}

void private_key_free(struct private_key **key)
{
    if (*key != NULL)
        EVP_PKEY_free((*key)->pkey);
    xfree(key);
}

void private_key_write(const struct private_key *key, struct str *pem_out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *bytes = NULL;
    long len;

    if (bio == NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        log_fatal("OpenSSL could not write a private key");
    len = BIO_get_mem_data(bio, &bytes);
    str_add(pem_out, span_from(bytes, (size_t)len));
    BIO_free(bio);
}

enum private_key_kind private_key_kind(const struct private_key *key)
{
    return key->kind;
}

void private_key_public(const struct private_key *key, struct str *out)
{
    uint8_t raw[ED25519_PUBLIC];
    size_t raw_len = sizeof raw;
    unsigned char *der = NULL;
    int len;

    if (key->kind == PRIVATE_KEY_ED25519) {
        if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &raw_len) == 1)
            str_add(out, span_from(raw, raw_len));
        return;
    }
    len = i2d_PUBKEY(key->pkey, &der);
    if (len > 0)
        str_add(out, span_from(der, (size_t)len));
    OPENSSL_free(der);
}

static bool sign_rsa(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *out, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool is_good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                   EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                   EVP_PKEY_sign(ctx, out, len, digest, HASH_SHA256_SIZE) == 1;

    EVP_PKEY_CTX_free(ctx);
    return is_good;
}

static bool sign_ed25519(EVP_PKEY *pkey, const uint8_t *digest, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                   EVP_DigestSign(ctx, out, len, digest, HASH_SHA256_SIZE) == 1;

    EVP_MD_CTX_free(ctx);
    return is_good;
}

int private_key_sign(const struct private_key *key, const uint8_t digest[HASH_SHA256_SIZE],
                     struct str *signature_out, struct err *err)
{
    uint8_t bytes[SIGNATURE_LIMIT];
    size_t len = sizeof bytes;
    bool is_good = key->kind == PRIVATE_KEY_RSA ? sign_rsa(key->pkey, digest, bytes, &len)
                                                : sign_ed25519(key->pkey, digest, bytes, &len);

    if (!is_good) {
        ERR_clear_error();
        return err_set(err, "OpenSSL could not sign");
    }
    str_add(signature_out, span_from(bytes, len));
    return 0;
}
