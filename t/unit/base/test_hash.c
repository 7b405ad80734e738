/* Digests, keyed hashes, text forms, against published values and an independent implementation. */
#include "base/hash.h"

#include "t/lib/suite.h"

static void assert_hex(const char *what, const void *bytes, size_t len, const char *wanted)
{
    struct str hex = STR_EMPTY;

    hash_hex(&hex, bytes, len);
    ck_assert_msg(strcmp(str_cstr(&hex), wanted) == 0, "%s: %s", what, str_cstr(&hex));
    str_clear(&hex);
}

START_TEST(test_sha256)
{
    static const char abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    struct hash_sha256 *h = hash_sha256_new();
    char hex[HASH_SHA256_HEX];
    uint8_t out[HASH_SHA256_SIZE];

    hash_sha256_hex(SPAN("abc"), hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256(SPAN("abc"), out); /* FIPS 180-4 */
    assert_hex("whole", out, sizeof(out), abc);
    hash_sha256_add(h, SPAN("a"));
    hash_sha256_add(h, SPAN(""));
    hash_sha256_add(h, SPAN("bc"));
    hash_sha256_end(&h, out);
    ck_assert_ptr_null(h);
    assert_hex("in pieces", out, sizeof(out), abc);
    hash_sha256(span_of(NULL), out);
    assert_hex("nothing", out, sizeof(out),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

/* RFC 4231 test case 1, whose key of 20 bytes is filled up with zeroes as HMAC itself does. */
START_TEST(test_hmac)
{
    uint8_t key[HASH_KEY_SIZE] = {0};
    uint8_t out[HASH_SHA256_SIZE], sub[HASH_KEY_SIZE];

    memset(key, 0x0b, 20);
    hash_hmac(key, SPAN("Hi There"), out);
    assert_hex("hmac", out, sizeof(out),
               "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hash_subkey(key, "trace", sub);
    hash_hmac(key, SPAN("postgate trace"), out);
    ck_assert(hash_equal(sub, out, sizeof(out)));
    out[31] ^= 1;
    ck_assert(!hash_equal(sub, out, sizeof(out)));
    hash_hmac(key, span_of(NULL), out);
}
END_TEST

/* Python 3.11 hashes bytes by SipHash-1-3 under a seed of zeroes when PYTHONHASHSEED=0. */
START_TEST(test_table_hash)
{
    static const uint64_t zero[2] = {0, 0};
    static const uint64_t other[2] = {1, 0};
    static const struct {
        struct span text;
        uint64_t wanted;
    } cases[] = {
        {SPAN("a"), 0x407448d2b89b1813u},
        {SPAN("abcdefg"), 0x6db12aae9070f506u},
        {SPAN("abcdefgh"), 0x3f7b849c0b8e35eau},
        {SPAN("abcdefghi"), 0xf89b34a3d11eb6e5u},
        {SPAN("abcdefghijklmno"), 0x1fd27a29b0e9dc7au},
        {SPAN("abcdefghijklmnop"), 0x94f60d3d29e6a312u},
        {SPAN("abcdefghijklmnopqrstuvwxyzabcde"), 0xeccabec0ef393716u},
        {SPAN("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"),
         0x732f9d16c2eba9efu},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ck_assert_msg(hash_table64(zero, cases[i].text) == cases[i].wanted, "length %zu",
                      cases[i].text.len);
    ck_assert(hash_table64(zero, SPAN("a")) != hash_table64(other, SPAN("a")));
    hash_table64(zero, span_of(NULL));
}
END_TEST

START_TEST(test_unhex)
{
    uint8_t out[2] = {0};

    ck_assert(hash_unhex(SPAN("fFa0"), out, 2) && out[0] == 0xff && out[1] == 0xa0);
    ck_assert(!hash_unhex(SPAN("ffa"), out, 2));
    ck_assert(!hash_unhex(SPAN("ffa"), out, 1));
    ck_assert(!hash_unhex(SPAN("ffa0"), out, 1));
    ck_assert(!hash_unhex(SPAN("fg00"), out, 2));
    ck_assert(hash_unhex(SPAN(""), out, 0));
}
END_TEST

START_TEST(test_base64)
{
    /* RFC 4648 section 10 */
    static const struct {
        const char *plain, *text;
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"}};
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        str_reset(&out);
        hash_base64(&out, span_of(cases[i].plain));
        ck_assert_str_eq(str_cstr(&out), cases[i].text);
        str_reset(&out);
        ck_assert(hash_unbase64(span_of(cases[i].text), &out));
        ck_assert_str_eq(str_cstr(&out), cases[i].plain);
    }
    str_clear(&out);
}
END_TEST

START_TEST(test_base64_strict)
{
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",      "Zh==",   "Zm9=",
                                      "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-v",
                                      "Zm 9", "=m9v", "Z=9v"};
    struct str out = STR_EMPTY;

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        ck_assert_msg(!hash_unbase64(span_of(bad[i]), &out), "%s", bad[i]);
    ck_assert(!hash_unbase64(span_from("Zm\0v", 4), &out));
    str_clear(&out);
}
END_TEST

START_TEST(test_random)
{
    uint8_t a[600] = {0}, b[600] = {0};

    hash_random(a, sizeof(a));
    hash_random(b, sizeof(b));
    ck_assert(!hash_equal(a, b, sizeof(a)));
    ck_assert(!hash_equal(a + 568, (uint8_t[32]){0}, 32));
}
END_TEST

SUITE_MAIN("hash", test_sha256, test_hmac, test_table_hash, test_unhex, test_base64,
           test_base64_strict, test_random)
