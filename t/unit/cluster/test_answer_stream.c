/* Answers between nodes: frames in any pieces, and sealed pieces that are missing, repeated, swapped, cut, damaged or another's. */
#include "policyd/cluster/answer_frames.h"
#include "policyd/cluster/answer_stream.h"
#include "base/xalloc.h"
#include "t/lib/suite.h"

#define PIECES 4

struct seen {
    struct str rows, data;
};

static void see_row(void *ctx, json_t *row)
{
    char *text = json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS);

    str_adds(&((struct seen *)ctx)->rows, text);
    free(text);
}

static void see_data(void *ctx, struct span bytes)
{
    str_add(&((struct seen *)ctx)->data, bytes);
}

static void answer(struct str *out)
{
    json_t *row = json_pack("{s:i}", "a", 1);

    ck_assert(answer_add_row(out, row));
    answer_add_data(out, SPAN("some\0bytes"));
    ck_assert(answer_add_row(out, row));
    answer_add_end(out, EXIT_DIFFERS, "well \xff");
    json_decref(row);
}

/* Whatever the pieces, the same comes out. */
START_TEST(test_frames_in_pieces)
{
    struct str bytes = STR_EMPTY;

    answer(&bytes);
    for (size_t step = 1; step <= bytes.len; step++) {
        struct seen seen = {STR_EMPTY, STR_EMPTY};
        struct control_sink sink = {see_row, see_data, &seen};
        struct answer_frames frames = {.sink = &sink};
        struct err err = {""};

        for (size_t at = 0; at < bytes.len; at += step) {
            size_t len = bytes.len - at < step ? bytes.len - at : step;

            ck_assert_msg(answer_feed(&frames, span_from(bytes.ptr + at, len), &err) == 0, "%s",
                          err.text);
        }
        ck_assert(frames.is_over);
        ck_assert_int_eq(frames.code, EXIT_DIFFERS);
        ck_assert_str_eq(frames.message.text, "well \xef\xbf\xbd");
        ck_assert_str_eq(str_cstr(&seen.rows), "{\"a\":1}{\"a\":1}");
        ck_assert(span_equal(str_span(&seen.data), SPAN("some\0bytes")));
        answer_clear(&frames);
        str_clear(&seen.rows);
        str_clear(&seen.data);
    }
    str_clear(&bytes);
}
END_TEST

static const struct {
    const char *name;
    struct span bytes;
    int want;
} bad_frames[] = {
    {"nothing", {"", 0}, 0},
    {"half a header", {"J\0\0", 3}, 0},
    {"unknown type", {"X\0\0\0\0", 5}, -1},
    {"a row too long", {"J\1\0\0\1", 5}, -1},
    {"the longest row, not here yet", {"J\1\0\0\0", 5}, 0},
    {"bytes too long", {"D\0\4\0\1", 5}, -1},
    {"an end too long", {"E\0\0\x40\1", 5}, -1},
    {"a length without end", {"D\xff\xff\xff\xff", 5}, -1},
    {"a row that is none", {"J\0\0\0\2[]", 7}, -1},
    {"an end without exit", {"E\0\0\0\2{}", 7}, -1},
    {"an end with a foreign exit", {"E\0\0\0\012{\"exit\":9}", 15}, -1},
    {"something after the end", {"E\0\0\0\012{\"exit\":0}D", 16}, -1},
    {"an empty piece of bytes", {"D\0\0\0\0", 5}, 0},
};

START_TEST(test_bad_frames)
{
    for (size_t i = 0; i < COUNT_OF(bad_frames); i++) {
        struct answer_frames frames = {.sink = NULL};
        struct err err = {""};
        int got = answer_feed(&frames, bad_frames[i].bytes, &err);

        ck_assert_msg(got == bad_frames[i].want, "%s: %d %s", bad_frames[i].name, got,
                      err.text);
        answer_clear(&frames);
    }
}
END_TEST

START_TEST(test_long_data)
{
    size_t size = 3 * ANSWER_MAX_DATA + 17;
    char *large = xcalloc(1, size);
    struct seen seen = {STR_EMPTY, STR_EMPTY};
    struct control_sink sink = {see_row, see_data, &seen};
    struct answer_frames frames = {.sink = &sink};
    struct str bytes = STR_EMPTY;

    answer_add_data(&bytes, span_from(large, size));
    ck_assert_int_eq(answer_feed(&frames, str_span(&bytes), NULL), 0);
    ck_assert_uint_eq(seen.data.len, size);
    answer_clear(&frames);
    str_clear(&bytes);
    str_clear(&seen.data);
    xfree(&large);
}
END_TEST

/* A stream of PIECES pieces, kept apart. */
struct line {
    struct str pieces[PIECES + 1];
    size_t count;
    struct sign_key sign;
    struct seal_key key;
    struct answer_about about;
};

static int keep(void *ctx, struct span piece)
{
    struct line *line = ctx;

    ck_assert_uint_lt(line->count, PIECES + 1);
    ck_assert_uint_le(piece.len, REQUESTS_PIECE);
    str_add(&line->pieces[line->count++], piece);
    return 0;
}

static void send_line(struct line *line)
{
    struct answer_sender sender = {.push = keep, .ctx = line};
    char *bytes = xcalloc(1, ANSWER_STREAM_PLAIN);

    *line = (struct line){
        .about = {"0123456789abcdef0123456789abcdef", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"}};
    sign_key_new(&line->sign);
    seal_key_new(&line->key);
    sender.about = line->about;
    sender.sign = line->sign;
    memcpy(sender.asker, line->key.public, SEAL_PUBLIC_SIZE);
    for (int i = 0; i < PIECES - 1; i++) {
        memset(bytes, 'a' + i, ANSWER_STREAM_PLAIN);
        answer_send(&sender, span_from(bytes, ANSWER_STREAM_PLAIN));
    }
    answer_send_end(&sender, SPAN("the end"));
    ck_assert_uint_eq(line->count, PIECES);
    answer_sender_clear(&sender);
    xfree(&bytes);
}

static void receiver_for(const struct line *line, struct answer_receiver *receiver_r)
{
    *receiver_r = (struct answer_receiver){.about = line->about, .key = line->key};
    memcpy(receiver_r->signer, line->sign.public, SIGN_PUBLIC_SIZE);
}

static void clear_line(struct line *line)
{
    for (size_t i = 0; i < PIECES + 1; i++)
        str_clear(&line->pieces[i]);
}

/* Feeds pieces by their numbers ("0123"); the result of the last one that was taken or refused. */
static int feed(const struct line *line, struct answer_receiver *receiver, const char *order,
                struct str *out)
{
    struct err err = {""};
    int got = 0;

    for (; *order && got == 0; order++)
        got = answer_receive(receiver, str_span(&line->pieces[*order - '0']), out, &err);
    return *order ? -2 : got;
}

static const struct {
    const char *name, *order;
    int want;
} orders[] = {
    {"whole", "0123", 1},
    {"cut at the end", "012", 0},
    {"a gap", "02", -1},
    {"a repeat", "011", -1},
    {"the first one twice", "00", -1},
    {"swapped", "021", -1},
    {"begun in the middle", "1", -1},
    {"last one early", "03", -1},
};

START_TEST(test_orders)
{
    struct line line;

    send_line(&line);
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct answer_receiver receiver;
        struct str out = STR_EMPTY;
        int got;

        receiver_for(&line, &receiver);
        got = feed(&line, &receiver, orders[i].order, &out);
        ck_assert_msg(got == orders[i].want || (orders[i].want == -1 && got == -2), "%s: %d",
                      orders[i].name, got);
        str_clear(&out);
    }
    clear_line(&line);
}
END_TEST

START_TEST(test_nothing_after_the_last)
{
    struct answer_receiver receiver;
    struct str out = STR_EMPTY;
    struct line line;

    send_line(&line);
    receiver_for(&line, &receiver);
    ck_assert_int_eq(feed(&line, &receiver, "0123", &out), 1);
    ck_assert_uint_eq(out.len, (PIECES - 1) * ANSWER_STREAM_PLAIN + 7);
    ck_assert_int_eq(feed(&line, &receiver, "3", &out), -1);
    str_clear(&out);
    clear_line(&line);
}
END_TEST

/* The piece of another answer, a damaged one, another node's signature, another request. */
START_TEST(test_foreign)
{
    struct answer_receiver receiver;
    struct line line, other;
    struct str out = STR_EMPTY;

    send_line(&line);
    send_line(&other);
    str_add(&line.pieces[PIECES], str_span(&other.pieces[1]));
    receiver_for(&line, &receiver);
    ck_assert_int_eq(feed(&line, &receiver, "04", &out), -1);
    line.pieces[1].ptr[100] ^= 1;
    receiver_for(&line, &receiver);
    ck_assert_int_eq(feed(&line, &receiver, "01", &out), -1);
    receiver_for(&line, &receiver);
    memcpy(receiver.signer, other.sign.public, SIGN_PUBLIC_SIZE);
    ck_assert_int_eq(feed(&line, &receiver, "0", &out), -1);
    receiver_for(&line, &receiver);
    receiver.about.request[0] = 'f';
    ck_assert_int_eq(feed(&line, &receiver, "0", &out), -1);
    line.pieces[0].len = ANSWER_STREAM_HEAD - 1;
    receiver_for(&line, &receiver);
    ck_assert_int_eq(feed(&line, &receiver, "0", &out), -1);
    str_clear(&out);
    clear_line(&line);
    clear_line(&other);
}
END_TEST

static int refuse(void *ctx, struct span piece)
{
    (void)piece;
    ++*(int *)ctx;
    return -1;
}

START_TEST(test_broken_way)
{
    int pushed = 0;
    struct answer_sender sender = {.push = refuse, .ctx = &pushed};
    char *bytes = xcalloc(4, ANSWER_STREAM_PLAIN);

    answer_send(&sender, span_from(bytes, (size_t)4 * ANSWER_STREAM_PLAIN));
    answer_send_end(&sender, SPAN("x"));
    ck_assert_int_eq(pushed, 1);
    answer_sender_clear(&sender);
    xfree(&bytes);
}
END_TEST

SUITE_MAIN("cluster/answer_stream", test_frames_in_pieces, test_bad_frames, test_long_data,
           test_orders, test_nothing_after_the_last, test_foreign, test_broken_way)
