/* Digests and keyed hashes over OpenSSL, and random bytes. A failing primitive ends the process: there is no safe way on. */
#include "base/hash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/xalloc.h"

struct hash_sha256 {
    EVP_MD_CTX *md;
};

void hash_sha256(struct span bytes, uint8_t out_r[HASH_SHA256_SIZE])
{
    if (EVP_Digest(bytes.ptr, bytes.len, out_r, NULL, EVP_sha256(), NULL) != 1)
        log_fatal("SHA-256 is not available from OpenSSL; check its providers");
}

struct hash_sha256 *hash_sha256_new(void)
{
    struct hash_sha256 *h = xcalloc(1, sizeof(*h));

    h->md = EVP_MD_CTX_new();
    if (h->md == NULL || EVP_DigestInit_ex(h->md, EVP_sha256(), NULL) != 1)
        log_fatal("SHA-256 is not available from OpenSSL; check its providers");
    return h;
}

void hash_sha256_add(struct hash_sha256 *h, struct span bytes)
{
    if (EVP_DigestUpdate(h->md, bytes.ptr, bytes.len) != 1)
        log_fatal("SHA-256 failed");
}

void hash_sha256_peek(const struct hash_sha256 *h, struct span more,
                      uint8_t out_r[HASH_SHA256_SIZE])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    if (copy == NULL || EVP_MD_CTX_copy_ex(copy, h->md) != 1 ||
        EVP_DigestUpdate(copy, more.ptr, more.len) != 1 ||
        EVP_DigestFinal_ex(copy, out_r, NULL) != 1)
        log_fatal("SHA-256 failed");
    EVP_MD_CTX_free(copy);
}

void hash_sha256_end(struct hash_sha256 **h, uint8_t out_r[HASH_SHA256_SIZE])
{
    if (EVP_DigestFinal_ex((*h)->md, out_r, NULL) != 1)
        log_fatal("SHA-256 failed");
    EVP_MD_CTX_free((*h)->md);
    xfree(h);
}

void hash_hmac(const uint8_t key[HASH_KEY_SIZE], struct span bytes,
               uint8_t out_r[HASH_SHA256_SIZE])
{
    const unsigned char *data = (const unsigned char *)(bytes.ptr != NULL ? bytes.ptr : "");

    if (HMAC(EVP_sha256(), key, HASH_KEY_SIZE, data, bytes.len, out_r, NULL) == NULL)
        log_fatal("HMAC is not available from OpenSSL; check its providers");
}

void hash_subkey(const uint8_t master[HASH_KEY_SIZE], const char *label,
                 uint8_t out_r[HASH_KEY_SIZE])
{
    struct str text = STR_EMPTY;

    str_printf(&text, "postgate %s", label);
    hash_hmac(master, str_span(&text), out_r);
    str_clear(&text);
}

bool hash_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void hash_random(void *out_r, size_t len)
{
    uint8_t *at = out_r;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno != EINTR)
            log_fatal("the kernel gives no random bytes: %m");
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}
