/* test_sender_result.c - results of the sender pool as bytes: what is written reads back the same, what an enemy writes is refused. */
#include <stdio.h>
#include "facts/fact_words.h"
#include "inspect/sender_wire.h"
#include "t/lib/suite.h"

static int word(const struct name_value *table, const char *name)
{
    int value = 0;

    ck_assert(names_value(table, span_of(name), &value));
    return value;
}

static void full_result(struct sender_result *result)
{
    *result = (struct sender_result){.spf = word(spf_names, "fail"),
                                     .spf_domain = SPAN("example.com"),
                                     .spf_explanation = SPAN("See \"http://x\" 100%"),
                                     .spf_reason = SPAN("matched -all"),
                                     .signature_count = 2,
                                     .has_more_signatures = true,
                                     .arc = word(arc_names, "pass"),
                                     .arc_reason = SPAN(""),
                                     .seal_count = 1,
                                     .from_count = 3};
    result->signatures[0] = (struct sender_signature){.result = word(dkim_names, "pass"),
                                                      .domain = SPAN("example.com"),
                                                      .selector = SPAN("s1._x"),
                                                      .identity = SPAN("\"a b\"@example.com"),
                                                      .algorithm = SPAN("rsa-sha256"),
                                                      .begin = SPAN("Ab+/12=="),
                                                      .is_whole = true};
    result->signatures[1] = (struct sender_signature){.result = word(dkim_names, "policy"),
                                                      .reason = SPAN("the key is too short")};
    result->seals[0] = (struct sender_seal){SPAN("list.example"), SPAN("k"), SPAN("a.example")};
    result->taken = (struct sender_taken){.is_there = true,
                                          .id = SPAN("in.example"),
                                          .spf = word(spf_names, "pass"),
                                          .dkim = word(dkim_names, "pass"),
                                          .dmarc = word(dmarc_names, "pass"),
                                          .arc = word(arc_names, "none"),
                                          .spf_domain = SPAN("a.example"),
                                          .dmarc_domain = SPAN("b.example"),
                                          .dkim_domains = {SPAN("c.example")},
                                          .dkim_count = 1};
}

/* What was read is written the same again: nothing was lost on the way. */
static void check_round(const struct sender_result *result)
{
    struct str bytes = STR_EMPTY, again = STR_EMPTY;
    struct sender_result got;
    struct err err;

    sender_result_write(&bytes, result);
    ck_assert_uint_le(bytes.len, SENDER_RESULT_BYTES);
    ck_assert_msg(sender_result_read(str_span(&bytes), &got, &err) == 0, "%s", err.text);
    sender_result_write(&again, &got);
    ck_assert(span_equal(str_span(&bytes), str_span(&again)));
    str_clear(&bytes);
    str_clear(&again);
}

START_TEST(test_result_round)
{
    struct sender_result result, got;
    struct str bytes = STR_EMPTY;
    struct err err;

    full_result(&result);
    check_round(&result);
    sender_result_write(&bytes, &result);
    ck_assert_int_eq(sender_result_read(str_span(&bytes), &got, &err), 0);
    ck_assert_int_eq(got.spf, result.spf);
    ck_assert(span_equal(got.spf_explanation, result.spf_explanation));
    ck_assert(got.signatures[0].is_whole && got.has_more_signatures);
    ck_assert(span_equal(got.signatures[0].selector, SPAN("s1._x")));
    ck_assert(span_equal(got.signatures[0].identity, SPAN("\"a b\"@example.com")));
    ck_assert(span_equal(got.signatures[1].reason, SPAN("the key is too short")));
    ck_assert(span_equal(got.seals[0].dmarc_domain, SPAN("a.example")));
    ck_assert(span_equal(got.taken.dkim_domains[0], SPAN("c.example")));
    ck_assert(span_equal(got.taken.id, SPAN("in.example")));
    ck_assert_uint_eq(got.from_count, 3);
    for (size_t len = 0; len < bytes.len; len++)
        ck_assert_int_eq(sender_result_read(span_from(bytes.ptr, len), &got, &err), -1);
    str_clear(&bytes);
}
END_TEST

START_TEST(test_lacks_round)
{
    struct sender_result result = {
        .lack_count = 2,
        .lacks = {{DNS_TXT, SPAN("s1._domainkey.example.com")}, {DNS_PTR, SPAN("1.in-addr.a")}},
        .spf = 3 /* not said when names lack */};
    struct sender_result got;
    struct str bytes = STR_EMPTY;

    check_round(&result);
    sender_result_write(&bytes, &result);
    ck_assert_int_eq(sender_result_read(str_span(&bytes), &got, NULL), 0);
    ck_assert_uint_eq(got.lack_count, 2);
    ck_assert_int_eq(got.lacks[1].type, DNS_PTR);
    ck_assert(span_equal(got.lacks[0].name, SPAN("s1._domainkey.example.com")));
    ck_assert_int_eq(got.spf, 0);
    str_clear(&bytes);
}
END_TEST

/* Texts out of a message are tamed by the writer, so that they never cost the rest. */
START_TEST(test_result_texts)
{
    static char text[3000];
    struct sender_result result, got;
    struct str bytes = STR_EMPTY;

    memset(text, 'x', sizeof text);
    full_result(&result);
    result.spf_explanation = span_from(text, sizeof text);
    result.spf_reason = SPAN("a \"b\" \\ c\r\nX: \xc3\xa4\x7f");
    result.signatures[0].identity = SPAN("a\nb@example.com");
    result.signatures[1].domain = SPAN("Example.com");
    result.signatures[1].selector = SPAN("a..b");
    result.signatures[1].result = word(dkim_names, "pass");
    result.signatures[1].begin = SPAN("Ab\"");
    result.seals[0].domain = SPAN("a b");
    check_round(&result);
    sender_result_write(&bytes, &result);
    ck_assert_int_eq(sender_result_read(str_span(&bytes), &got, NULL), 0);
    ck_assert_uint_eq(got.spf_explanation.len, SENDER_TEXT_MAX);
    ck_assert(span_equal(got.spf_reason, SPAN("a 'b' / c??X: ???")));
    ck_assert_uint_eq(got.signatures[0].identity.len, 0);
    ck_assert_int_eq(got.signatures[1].result, 0);
    ck_assert_uint_eq(got.signatures[1].begin.len, 0);
    ck_assert_uint_eq(got.seals[0].domain.len, 0);
    str_clear(&bytes);
}
END_TEST

START_TEST(test_result_is_bounded)
{
    static char text[3000], name[DNS_NAME_MAX];
    static struct sender_result result;
    struct span longest = {name, sizeof name};

    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 64 == 63 ? '.' : 'n';
    full_result(&result);
    result.spf_explanation = result.spf_reason = result.arc_reason =
        span_from(text, sizeof text);
    result.signature_count = SENDER_SIGNATURES_MAX + 5;
    for (size_t i = 0; i < SENDER_SIGNATURES_MAX; i++)
        result.signatures[i] = (struct sender_signature){word(dkim_names, "pass"),
                                                         longest,
                                                         longest,
                                                         span_from(text, 320),
                                                         SPAN("rsa-sha256"),
                                                         SPAN(""),
                                                         span_from(text, sizeof text),
                                                         true};
    result.seal_count = 1000;
    for (size_t i = 0; i < SENDER_SEALS_MAX; i++)
        result.seals[i] = (struct sender_seal){longest, longest, longest};
    result.taken.dkim_count = 1000;
    for (size_t i = 0; i < SENDER_SIGNATURES_MAX; i++)
        result.taken.dkim_domains[i] = longest;
    check_round(&result);
}
END_TEST

static void forge_word(struct sender_result *r)
{
    r->spf = 8;
}
static void forge_arc(struct sender_result *r)
{
    r->arc = 99;
}
static void forge_dkim(struct sender_result *r)
{
    r->signatures[1].result = 200;
}
static void forge_seals(struct sender_result *r)
{
    r->arc = word(arc_names, "fail");
}
static void forge_taken(struct sender_result *r)
{
    r->taken.dmarc = 77;
}
static void forge_type(struct sender_result *r)
{
    r->lack_count = 1;
    r->lacks[0] = (struct sender_lack){(enum dns_type)6, SPAN("example.com")};
}
static void forge_name(struct sender_result *r)
{
    r->lack_count = 1;
    r->lacks[0] = (struct sender_lack){DNS_A, SPAN("a..example.com")};
}
static void forge_upper(struct sender_result *r)
{
    r->lack_count = 1;
    r->lacks[0] = (struct sender_lack){DNS_A, SPAN("Example.com")};
}
static void forge_control(struct sender_result *r)
{
    r->lack_count = 1;
    r->lacks[0] = (struct sender_lack){DNS_A, SPAN("exa mple.com")};
}

static void (*const forgeries[])(struct sender_result *) = {
    forge_word, forge_arc,  forge_dkim,  forge_seals,  forge_taken,
    forge_type, forge_name, forge_upper, forge_control};

static void check_forgery(void (*forge)(struct sender_result *r))
{
    struct sender_result result, got;
    struct str bytes = STR_EMPTY;
    struct err err;

    full_result(&result);
    forge(&result);
    sender_result_write(&bytes, &result);
    ck_assert_int_eq(sender_result_read(str_span(&bytes), &got, &err), -1);
    str_clear(&bytes);
}

START_TEST(test_result_forged)
{
    for (size_t i = 0; i < COUNT_OF(forgeries); i++)
        check_forgery(forgeries[i]);
}
END_TEST

/* Whatever byte is turned over: refused, or something that could have been written. */
START_TEST(test_result_turned)
{
    struct sender_result result, got;
    struct str bytes = STR_EMPTY;
    size_t refused = 0;

    full_result(&result);
    sender_result_write(&bytes, &result);
    for (size_t i = 0; i < bytes.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.ptr[i] ^= (char)(1 << bit);
            if (sender_result_read(str_span(&bytes), &got, NULL) == 0)
                check_round(&got);
            else
                refused++;
            bytes.ptr[i] ^= (char)(1 << bit);
        }
    ck_assert_uint_gt(refused, bytes.len);
    str_clear(&bytes);
}
END_TEST

SUITE_MAIN("inspect/sender_result", test_result_round, test_lacks_round, test_result_texts,
           test_result_is_bounded, test_result_forged, test_result_turned)
