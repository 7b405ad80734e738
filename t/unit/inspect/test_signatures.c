/* Signed mail of t/lib/signed_cases.py: each message with what must be found; and what a worker must do in rounds. */
#include "base/arena.h"
#include "facts/fact_words.h"
#include "milter/inspect/arc.h"
#include "milter/inspect/signatures.h"
#include "t/lib/signed_case.h"
#include "t/lib/suite.h"

#define CASES     "/usr/bin/python3 t/lib/signed_cases.py"
#define CASES_MIN 250

static struct signed_cases cases;

START_TEST(test_cases)
{
    struct str bad = STR_EMPTY;

    signed_cases_read(&cases, CASES);
    signatures_prepare();
    for (size_t i = 0; i < cases.count; i++) {
        const struct signed_case *one = &cases.list[i];
        struct arena *arena = arena_new();
        struct sender_result result;
        struct str found = STR_EMPTY;

        signed_case_check(&cases, str_span(&one->message), span_of(one->trusted), arena,
                          &result);
        signed_case_print(&found, &result);
        if (strcmp(str_cstr(&found), one->wanted) != 0)
            str_printf(&bad, "\n%s\n  wanted: %s\n  found:  %s", one->name, one->wanted,
                       str_cstr(&found));
        str_clear(&found);
        arena_free(&arena);
    }
    ck_assert_msg(bad.len == 0, "%s", str_cstr(&bad));
    ck_assert_uint_gt(cases.count, CASES_MIN);
    str_clear(&bad);
    signed_cases_clear(&cases);
}
END_TEST

/* The words of results are numbers of the facts' tables. */
START_TEST(test_words)
{
    ck_assert_str_eq(names_name(dkim_names, DKIM_RESULT_NONE), "none");
    ck_assert_str_eq(names_name(dkim_names, DKIM_PASS), "pass");
    ck_assert_str_eq(names_name(dkim_names, DKIM_FAIL), "fail");
    ck_assert_str_eq(names_name(dkim_names, DKIM_POLICY), "policy");
    ck_assert_str_eq(names_name(dkim_names, DKIM_NEUTRAL), "neutral");
    ck_assert_str_eq(names_name(dkim_names, DKIM_TEMPERROR), "temperror");
    ck_assert_str_eq(names_name(dkim_names, DKIM_PERMERROR), "permerror");
    ck_assert_str_eq(names_name(arc_names, ARC_NONE), "none");
    ck_assert_str_eq(names_name(arc_names, ARC_PASS), "pass");
    ck_assert_str_eq(names_name(arc_names, ARC_FAIL), "fail");
    ck_assert_str_eq(names_name(arc_names, ARC_TEMPERROR), "temperror");
}
END_TEST

#define SIGNATURE(selector)                                                                    \
    "DKIM-Signature: v=1; a=rsa-sha256; d=Example.COM; s=" selector "; h=From;\r\n"            \
    " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=abcd efghijkl; i=a@example.com\r\n"

/* All names at once, each once; the answers it has are not asked for again; in the last round nothing is. */
START_TEST(test_rounds)
{
    struct span message =
        SPAN(SIGNATURE("one") SIGNATURE("two") SIGNATURE("one") "From: a\r\n\r\n");
    struct dns_answer answer = {
        .type = DNS_TXT, .status = DNS_NONE, .name = SPAN("two._domainkey.example.com")};
    struct sender_request request = {.job = SENDER_SIGNATURES, .now = 1};
    struct arena *arena = arena_new();
    struct sender_result result;

    signatures_check(&request, message, arena, &result);
    ck_assert_uint_eq(result.lack_count, 2);
    ck_assert(span_is(result.lacks[0].name, "one._domainkey.example.com"));
    ck_assert(span_is(result.lacks[1].name, "two._domainkey.example.com"));
    ck_assert_uint_eq(result.signature_count, 0);
    request.answers = &answer;
    request.answer_count = 1;
    signatures_check(&request, message, arena, &result);
    ck_assert_uint_eq(result.lack_count, 1);
    request.is_last = true;
    signatures_check(&request, message, arena, &result);
    ck_assert_uint_eq(result.lack_count, 0);
    ck_assert_uint_eq(result.signature_count, 3);
    ck_assert_int_eq(result.signatures[0].result, DKIM_TEMPERROR);
    ck_assert_int_eq(result.signatures[1].result, DKIM_PERMERROR);
    arena_free(&arena);
}
END_TEST

/* What reports name a signature by. */
START_TEST(test_names)
{
    struct span message = SPAN(SIGNATURE("One") "From: a\r\nfrom : b\r\n\r\n");
    struct sender_request request = {.job = SENDER_SIGNATURES, .now = 1, .is_last = true};
    struct arena *arena = arena_new();
    struct sender_result result;
    const struct sender_signature *one = &result.signatures[0];

    signatures_check(&request, message, arena, &result);
    ck_assert(span_is(one->domain, "example.com"));
    ck_assert(span_is(one->selector, "one"));
    ck_assert(span_is(one->identity, "a@example.com"));
    ck_assert(span_is(one->algorithm, "rsa-sha256"));
    ck_assert(span_is(one->begin, "abcdefgh"));
    ck_assert_uint_eq(result.from_count, 2);
    arena_free(&arena);
}
END_TEST

SUITE_MAIN("signatures", test_cases, test_words, test_rounds, test_names)
