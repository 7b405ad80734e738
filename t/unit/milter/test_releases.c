/* test_releases.c - a mark lets exactly one message through, once. */
#include "milter/releases.h"
#include "t/lib/suite.h"

static const uint8_t key[32] = {7};
static const struct span to[] = {{"a@a.example", 11}, {"b@b.example", 11}};
static const struct release_envelope envelope = {{"s@x.example", 11}, to, 2};

static void fill(struct message *message, struct arena *arena, struct span mark,
                 const char *body)
{
    struct err err;

    message_begin(message, arena, 10000);
    if (mark.len > 0)
        message_header(message, SPAN("X-Postgate-Release"), mark);
    message_header(message, SPAN("Subject"), SPAN(" x"));
    message_end_headers(message);
    message_body(message, span_of(body));
    ck_assert_int_eq(message_seal(message, &err), 0);
}

static bool redeem(struct releases *releases, struct span mark, const char *body,
                   const struct release_envelope *of)
{
    struct arena *arena = arena_new();
    struct message message;
    struct release_taken taken;
    bool is_good;

    fill(&message, arena, mark, body);
    is_good = releases_redeem(releases, &message, of, &taken);
    if (is_good)
        ck_assert(taken.path == PATH_PROXY && taken.is_ours);
    message_end(&message);
    arena_free(&arena);
    return is_good;
}

static void issue(struct releases *releases, const char *id, struct str *mark)
{
    struct arena *arena = arena_new();
    struct message message;
    char sha256[65];

    fill(&message, arena, SPAN(""), "body\r\n");
    ck_assert_int_eq(message_digest(&message, SIZE_MAX, sha256), 0);
    struct release_of of = {id, sha256, PATH_PROXY, true};
    ck_assert(releases_issue(releases, &of, &envelope, mark));
    message_end(&message);
    arena_free(&arena);
}

START_TEST(test_once)
{
    struct releases *releases = releases_new(key);
    struct str mark = STR_EMPTY;

    issue(releases, "20261122-0123456789ab", &mark);
    ck_assert(redeem(releases, str_span(&mark), "body\r\n", &envelope));
    ck_assert(!redeem(releases, str_span(&mark), "body\r\n", &envelope));
    str_clear(&mark);
    releases_free(&releases);
}
END_TEST

START_TEST(test_only_what_was_marked)
{
    struct releases *releases = releases_new(key), *other = releases_new(key);
    const struct release_envelope fewer = {envelope.sender, to, 1};
    struct str mark = STR_EMPTY;

    issue(releases, "20261122-0123456789ab", &mark);
    ck_assert(!redeem(releases, str_span(&mark), "another body\r\n", &envelope));
    ck_assert(!redeem(releases, str_span(&mark), "body\r\n", &fewer));
    ck_assert(!redeem(releases, SPAN(" v1; id=20261122-0123456789ab; n=00; x=9; s=00"),
                      "body\r\n", &envelope));
    ck_assert(!redeem(releases, SPAN(""), "body\r\n", &envelope));
    ck_assert(!redeem(other, str_span(&mark), "body\r\n", &envelope)); /* after a restart */
    releases_withdraw(releases, "20261122-0123456789ab");
    ck_assert(!redeem(releases, str_span(&mark), "body\r\n", &envelope));
    str_clear(&mark);
    releases_free(&releases);
    releases_free(&other);
}
END_TEST

START_TEST(test_bounded)
{
    struct releases *releases = releases_new(key);
    const struct release_of of = {"20261122-0123456789ab", "00", PATH_PROXY, false};
    struct str mark = STR_EMPTY;

    for (int i = 0; i < RELEASES_MAX; i++)
        ck_assert(releases_issue(releases, &of, &envelope, &mark));
    ck_assert(!releases_issue(releases, &of, &envelope, &mark));
    str_clear(&mark);
    releases_free(&releases);
}
END_TEST

SUITE_MAIN("milter/releases", test_once, test_only_what_was_marked, test_bounded)
