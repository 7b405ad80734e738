/* Public keys of others: what we sign verifies, in both spellings of an RSA key; damaged keys and signatures do not. */
#include "base/verify.h"

#include "base/private_key.h"
#include "t/lib/suite.h"

#define SPKI_HEAD                                                                              \
    24 /* bytes before the RSAPublicKey in the SubjectPublicKeyInfo of 2048 bits */

static const uint8_t digest[HASH_SHA256_SIZE] = {1, 2, 3, 4};

struct pair {
    struct str public_key, signature;
};

static struct pair make(enum private_key_kind kind)
{
    struct pair pair = {STR_EMPTY, STR_EMPTY};
    struct err err;
    struct private_key *key = private_key_new(kind, &err);

    ck_assert_ptr_nonnull(key);
    private_key_public(key, &pair.public_key);
    ck_assert_int_eq(private_key_sign(key, digest, &pair.signature, &err), 0);
    private_key_free(&key);
    return pair;
}

static void clear(struct pair *pair)
{
    str_clear(&pair->public_key);
    str_clear(&pair->signature);
}

/* 1 verifies, 0 does not, -1 no key. */
static int check(enum verify_kind kind, struct span bytes, struct span signature)
{
    struct err err = {""};
    struct verify_key *key = verify_key_read(kind, bytes, &err);
    int result = key == NULL ? -1 : verify_digest(key, digest, signature);

    ck_assert((key == NULL) == (err.text[0] != '\0'));
    verify_key_free(&key);
    return result;
}

START_TEST(test_rsa)
{
    struct pair pair = make(PRIVATE_KEY_RSA);
    struct span spki = str_span(&pair.public_key), signature = str_span(&pair.signature);
    struct span bare = span_from(spki.ptr + SPKI_HEAD, spki.len - SPKI_HEAD);
    struct err err;
    struct verify_key *key = verify_key_read(VERIFY_RSA, spki, &err);

    ck_assert_uint_eq(verify_key_bits(key), 2048);
    verify_key_free(&key);
    ck_assert_int_eq(check(VERIFY_RSA, spki, signature), 1);
    ck_assert_int_eq(check(VERIFY_RSA, bare, signature), 1);
    ck_assert_int_eq(check(VERIFY_RSA, spki, span_from(signature.ptr, signature.len - 1)), 0);
    ck_assert_int_eq(check(VERIFY_RSA, spki, SPAN("")), 0);
    pair.signature.ptr[100] ^= 1;
    ck_assert_int_eq(check(VERIFY_RSA, spki, signature), 0);
    pair.signature.ptr[100] ^= 1;
    ck_assert_int_eq(check(VERIFY_ED25519, spki, signature), -1);
    clear(&pair);
}
END_TEST

START_TEST(test_ed25519)
{
    struct pair pair = make(PRIVATE_KEY_ED25519);
    struct span bytes = str_span(&pair.public_key), signature = str_span(&pair.signature);

    ck_assert_int_eq(check(VERIFY_ED25519, bytes, signature), 1);
    ck_assert_int_eq(check(VERIFY_ED25519, bytes, span_from(signature.ptr, 63)), 0);
    ck_assert_int_eq(check(VERIFY_ED25519, span_from(bytes.ptr, 31), signature), -1);
    pair.signature.ptr[0] ^= 1;
    ck_assert_int_eq(check(VERIFY_ED25519, bytes, signature), 0);
    ck_assert_int_eq(check(VERIFY_RSA, bytes, signature), -1);
    clear(&pair);
}
END_TEST

/* No byte of a key can be changed, left out or added at its end so that the signature still holds. */
START_TEST(test_damaged)
{
    struct pair pair = make(PRIVATE_KEY_RSA);
    struct span signature = str_span(&pair.signature);
    size_t len = pair.public_key.len;

    for (size_t i = 0; i < len; i++) {
        ck_assert_int_eq(check(VERIFY_RSA, span_from(pair.public_key.ptr, i), signature), -1);
        pair.public_key.ptr[i] ^= 0x41;
        ck_assert_msg(check(VERIFY_RSA, str_span(&pair.public_key), signature) != 1, "byte %zu",
                      i);
        pair.public_key.ptr[i] ^= 0x41;
    }
    str_addc(&pair.public_key, '\0');
    ck_assert_int_eq(check(VERIFY_RSA, str_span(&pair.public_key), signature), -1);
    clear(&pair);
}
END_TEST

/* An RSAPublicKey of that many bytes of modulus, that many of exponent. */
static void big_key(struct str *out, size_t modulus, size_t exponent)
{
    size_t inner = 4 + 1 + modulus + 2 + exponent;

    str_reset(out);
    str_printf(out, "\x30\x82%c%c\x02\x82%c%c%c", (int)(inner >> 8), (int)(inner & 255),
               (int)((modulus + 1) >> 8), (int)((modulus + 1) & 255), 0);
    for (size_t i = 0; i < modulus; i++)
        str_addc(out, (char)0x81);
    str_printf(out, "\x02%c", (int)exponent);
    for (size_t i = 0; i < exponent; i++)
        str_addc(out, 0x41);
}

START_TEST(test_too_large)
{
    struct str key = STR_EMPTY;

    big_key(&key, 1024, 8);
    ck_assert_int_eq(check(VERIFY_RSA, str_span(&key), SPAN("x")), 0);
    big_key(&key, 1025, 3);
    ck_assert_int_eq(check(VERIFY_RSA, str_span(&key), SPAN("x")), -1);
    big_key(&key, 256, 9);
    ck_assert_int_eq(check(VERIFY_RSA, str_span(&key), SPAN("x")), -1);
    str_clear(&key);
}
END_TEST

SUITE_MAIN("verify", test_rsa, test_ed25519, test_damaged, test_too_large)
