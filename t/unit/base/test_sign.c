/* base/sign: signatures, sealing, streams that take neither gap, repeat, other order, cut nor appendix, and sealed rows. */
#include "base/sign.h"
#include "t/lib/suite.h"

static struct sign_key a_key, b_key;
static struct seal_key reader, other;

static void make_keys(void)
{
    sign_key_new(&a_key);
    sign_key_new(&b_key);
    seal_key_new(&reader);
    seal_key_new(&other);
}

START_TEST(test_known_signature)
{
    /* RFC 8032, 7.1, test 2 */
    struct sign_key key;
    struct str hex = STR_EMPTY;
    uint8_t signature[SIGN_SIZE];

    ck_assert(
        hash_unhex(SPAN("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
                   key.secret, 32));
    ck_assert(sign_key_from_secret(&key));
    hash_hex(&hex, key.public, 32);
    ck_assert_str_eq(str_cstr(&hex),
                     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    sign_bytes(&key, SPAN("\x72"), signature);
    str_reset(&hex);
    hash_hex(&hex, signature, SIGN_SIZE);
    ck_assert_str_eq(str_cstr(&hex),
                     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    str_clear(&hex);
}
END_TEST

START_TEST(test_signature)
{
    uint8_t signature[SIGN_SIZE];
    char id[SIGN_ID_SIZE], other_id[SIGN_ID_SIZE];

    make_keys();
    sign_bytes(&a_key, SPAN("text"), signature);
    ck_assert(sign_verify(a_key.public, SPAN("text"), signature));
    ck_assert(!sign_verify(a_key.public, SPAN("texts"), signature));
    ck_assert(!sign_verify(b_key.public, SPAN("text"), signature));
    signature[5] ^= 1;
    ck_assert(!sign_verify(a_key.public, SPAN("text"), signature));
    sign_bytes(&a_key, SPAN(""), signature);
    ck_assert(sign_verify(a_key.public, span_from(NULL, 0), signature));
    sign_id(a_key.public, id);
    sign_id(b_key.public, other_id);
    ck_assert_uint_eq(strlen(id), 16);
    ck_assert_str_ne(id, other_id);
}
END_TEST

START_TEST(test_seal)
{
    struct str sealed = STR_EMPTY, out = STR_EMPTY;

    make_keys();
    seal_to(&sealed, reader.public, SPAN("key 3"), SPAN("secret"));
    ck_assert_uint_eq(sealed.len, SEAL_PUBLIC_SIZE + 6 + SEAL_OVERHEAD);
    ck_assert(seal_open(&out, &reader, SPAN("key 3"), str_span(&sealed)));
    ck_assert_str_eq(str_cstr(&out), "secret");
    str_reset(&out);
    ck_assert(!seal_open(&out, &other, SPAN("key 3"), str_span(&sealed)));
    ck_assert(!seal_open(&out, &reader, SPAN("key 4"), str_span(&sealed)));
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.ptr[i] ^= 1;
        ck_assert(!seal_open(&out, &reader, SPAN("key 3"), str_span(&sealed)));
        ck_assert(!seal_open(&out, &reader, SPAN("key 3"), span_from(sealed.ptr, i)));
        sealed.ptr[i] ^= 1;
    }
    ck_assert_uint_eq(out.len, 0);
    str_reset(&sealed);
    seal_to(&sealed, reader.public, SPAN(""), SPAN(""));
    ck_assert(seal_open(&out, &reader, span_from(NULL, 0), str_span(&sealed)));
    str_clear(&sealed);
    str_clear(&out);
}
END_TEST

/* A public key of small order: what is sealed to it opens for nobody who knows that. */
START_TEST(test_small_order)
{
    struct str sealed = STR_EMPTY, out = STR_EMPTY;
    const uint8_t zero[SEAL_PUBLIC_SIZE] = {0};
    struct seal_stream stream;

    make_keys();
    seal_to(&sealed, zero, SPAN("x"), SPAN("secret"));
    ck_assert(!seal_open(&out, &reader, SPAN("x"), str_span(&sealed)));
    ck_assert(!seal_stream_receive(&stream, &reader, SPAN("x"), zero));
    memset(sealed.ptr, 0, SEAL_PUBLIC_SIZE);
    ck_assert(!seal_open(&out, &reader, SPAN("x"), str_span(&sealed)));
    str_clear(&sealed);
    str_clear(&out);
}
END_TEST

#define PIECES 4
static struct str pieces[PIECES];
static uint8_t header[SEAL_PUBLIC_SIZE];

/* first, second, third, end */
static void make_pieces(void)
{
    static const char *const texts[] = {"first", "second", "", "end"};
    struct seal_stream stream;

    make_keys();
    seal_stream_send(&stream, reader.public, SPAN("answer 1"), header);
    for (size_t i = 0; i < PIECES; i++)
        seal_piece(&stream, &pieces[i], span_of(texts[i]), i == PIECES - 1);
}

static void drop_pieces(void)
{
    for (size_t i = 0; i < PIECES; i++)
        str_clear(&pieces[i]);
}

START_TEST(test_stream)
{
    struct seal_stream stream;
    struct str out = STR_EMPTY;
    bool is_last = true;

    make_pieces();
    ck_assert(seal_stream_receive(&stream, &reader, SPAN("answer 1"), header));
    for (size_t i = 0; i < PIECES; i++) {
        ck_assert(seal_piece_open(&stream, &out, str_span(&pieces[i]), &is_last));
        ck_assert_int_eq(is_last, i == PIECES - 1);
    }
    ck_assert_str_eq(str_cstr(&out), "firstsecondend");
    ck_assert(stream.is_over);
    ck_assert(!seal_piece_open(&stream, &out, str_span(&pieces[3]), &is_last)); /* appended */
    drop_pieces();
    str_clear(&out);
}
END_TEST

static bool opens(struct seal_stream *stream, size_t piece)
{
    struct str out = STR_EMPTY;
    bool is_last, is_good = seal_piece_open(stream, &out, str_span(&pieces[piece]), &is_last);

    str_clear(&out);
    return is_good;
}

START_TEST(test_stream_disturbed)
{
    struct seal_stream stream, wrong;
    struct str out = STR_EMPTY;
    bool is_last;

    make_pieces();
    ck_assert(seal_stream_receive(&stream, &reader, SPAN("answer 1"), header));
    ck_assert(!opens(&stream, 1)); /* gap */
    ck_assert(opens(&stream, 0));
    ck_assert(!opens(&stream, 0)); /* repeat */
    ck_assert(!opens(&stream, 2)); /* other order */
    ck_assert(!opens(&stream, 3)); /* the end too early: a cut */
    ck_assert(
        !seal_piece_open(&stream, &out, span_from(pieces[1].ptr, pieces[1].len - 1), &is_last));
    ck_assert(!seal_piece_open(&stream, &out, span_from(pieces[1].ptr, 3), &is_last));
    ck_assert(opens(&stream, 1));
    ck_assert(!stream.is_over); /* what ends here was cut, and the reader can tell */
    ck_assert(seal_stream_receive(&wrong, &reader, SPAN("answer 2"), header));
    ck_assert(!opens(&wrong, 0));
    ck_assert(seal_stream_receive(&wrong, &other, SPAN("answer 1"), header));
    ck_assert(!opens(&wrong, 0));
    drop_pieces();
    str_clear(&out);
}
END_TEST

START_TEST(test_row)
{
    const uint8_t key[HASH_KEY_SIZE] = {1}, foreign[HASH_KEY_SIZE] = {2};
    struct str sealed = STR_EMPTY, again = STR_EMPTY, out = STR_EMPTY;

    seal_row(&sealed, key, SPAN("node 1"), SPAN("row"));
    seal_row(&again, key, SPAN("node 1"), SPAN("row"));
    ck_assert(!span_equal(str_span(&sealed), str_span(&again)));
    ck_assert(!seal_row_open(&out, foreign, SPAN("node 1"), str_span(&sealed)));
    ck_assert(!seal_row_open(&out, key, SPAN("node 2"), str_span(&sealed)));
    for (size_t i = 0; i < sealed.len; i++)
        ck_assert(!seal_row_open(&out, key, SPAN("node 1"), span_from(sealed.ptr, i)));
    ck_assert_uint_eq(out.len, 0);
    ck_assert(seal_row_open(&out, key, SPAN("node 1"), str_span(&sealed)));
    ck_assert_str_eq(str_cstr(&out), "row");
    str_clear(&sealed);
    str_clear(&again);
    str_clear(&out);
}
END_TEST

SUITE_MAIN("sign", test_known_signature, test_signature, test_seal, test_small_order,
           test_stream, test_stream_disturbed, test_row)
