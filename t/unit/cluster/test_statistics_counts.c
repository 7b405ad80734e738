/* Counts: from events, as text and back, hostile texts, latency. */
#include <stdio.h>

#include "policyd/cluster/statistics_counts.h"
#include "policyd/cluster/statistics_seal.h"
#include "t/lib/suite.h"

static struct err err;

static struct event message(const char *verdict, const struct span *domains, size_t count)
{
    return (struct event){.kind = EVENT_MESSAGE,
                          .path = SPAN("proxy"),
                          .direction = SPAN("inbound"),
                          .verdict = span_of(verdict),
                          .rule = SPAN("a-rule"),
                          .client = SPAN("192.0.2.77"),
                          .sender = SPAN("a@b@outside.example"),
                          .domains = domains,
                          .domain_count = count,
                          .recipients = 3,
                          .bytes = 1000,
                          .latency_us = 20000};
}

static uint64_t of(const struct counts *counts, enum dimension dimension, const char *key,
                   enum measure measure)
{
    const struct tally_row *row = tally_find(&counts->by[dimension], span_of(key));

    return row != NULL ? row->sum.of[measure] : 0;
}

static struct counts *some(void)
{
    const struct span domains[] = {SPAN("one.example"), SPAN("two.example")};
    struct event delivered = message("deliver", domains, 2),
                 rejected = message("reject", domains, 1);
    struct event request = {.kind = EVENT_REQUEST,
                            .verdict = SPAN("reject"),
                            .client = SPAN("2001:db8::5"),
                            .latency_us = 90};
    struct counts *counts = counts_new();

    counts_event(counts, &delivered);
    counts_event(counts, &rejected);
    counts_event(counts, &request);
    return counts;
}

START_TEST(test_events)
{
    struct counts *counts = some();
    struct event pass = {.kind = EVENT_REQUEST, .verdict = SPAN("pass")};

    counts_event(counts, &pass);
    ck_assert_uint_eq(counts->total.of[MEASURE_MESSAGES], 2);
    ck_assert_uint_eq(counts->total.of[MEASURE_STOPPED], 1);
    ck_assert_uint_eq(counts->total.of[MEASURE_REFUSED], 1);
    ck_assert_uint_eq(counts->total.of[MEASURE_REQUESTS], 2);
    ck_assert_uint_eq(counts->total.of[MEASURE_BYTES], 2000);
    ck_assert_uint_eq(counts->recipients, 6);
    ck_assert_uint_eq(of(counts, DIMENSION_DOMAIN, "one.example", MEASURE_MESSAGES), 2);
    ck_assert_uint_eq(of(counts, DIMENSION_DOMAIN, "two.example", MEASURE_MESSAGES), 1);
    ck_assert_uint_eq(of(counts, DIMENSION_SENDER_DOMAIN, "outside.example", MEASURE_MESSAGES),
                      2);
    ck_assert_uint_eq(of(counts, DIMENSION_CLIENT, "192.0.2.0/24", MEASURE_MESSAGES), 2);
    ck_assert_uint_eq(of(counts, DIMENSION_CLIENT, "2001:db8::/64", MEASURE_REFUSED), 1);
    ck_assert_uint_eq(of(counts, DIMENSION_SENDER, "<>", MEASURE_REFUSED), 1);
    ck_assert_uint_eq(of(counts, DIMENSION_SENDER, "<>", MEASURE_REQUESTS),
                      1); /* `pass` comes again as a message */
    ck_assert_uint_eq(of(counts, DIMENSION_COUNTRY, "-", MEASURE_MESSAGES), 2);
    ck_assert_uint_eq(latency_count(&counts->message_latency), 2);
    ck_assert_uint_eq(latency_count(&counts->policy_latency), 1);
    counts_free(&counts);
}
END_TEST

START_TEST(test_text_and_back)
{
    struct counts *counts = some(), *again = counts_new();
    struct str text = STR_EMPTY, second = STR_EMPTY;

    counts_write(&text, counts);
    ck_assert_int_eq(counts_read(again, str_span(&text), COUNTS_ALL, &err), 0);
    counts_write(&second, again);
    ck_assert_str_eq(str_cstr(&text), str_cstr(&second));
    ck_assert_int_eq(counts_read(again, str_span(&text), COUNTS_ALL, &err), 0); /* adds */
    ck_assert_uint_eq(again->total.of[MEASURE_MESSAGES], 4);
    ck_assert_uint_eq(of(again, DIMENSION_RULE, "a-rule", MEASURE_STOPPED), 2);
    ck_assert_uint_eq(latency_count(&again->message_latency), 4);
    str_clear(&text);
    str_clear(&second);
    counts_free(&counts);
    counts_free(&again);
}
END_TEST

/* The order in which parts of an hour come together changes nothing that fits. */
START_TEST(test_merge)
{
    struct counts *a = some(), *b = some(), *all = counts_new();
    struct str one = STR_EMPTY, other = STR_EMPTY;

    counts_merge(all, a);
    counts_merge(all, b);
    counts_merge(a, b);
    counts_write(&one, all);
    counts_write(&other, a);
    ck_assert_str_eq(str_cstr(&one), str_cstr(&other));
    str_clear(&one);
    str_clear(&other);
    counts_free(&a);
    counts_free(&b);
    counts_free(&all);
}
END_TEST

START_TEST(test_hostile_texts)
{
    static const char *const refused[] = {"",
                                          "x",
                                          "[]",
                                          "{}",
                                          "{\"total\":1}",
                                          "{\"total\":[1]",
                                          "{\"total\":[1],\"total\":[2]}"};
    static const char *const harmless[] = {
        "{\"total\":[-5,\"x\",null,1e300,[]],\"recipients\":-1}",
        "{\"total\":[],\"latency\":{\"message\":[99999,1,-1,5,3]},\"by\":[],\"other\":7}",
        ("{\"total\":[],\"latency\":7,\"by\":{\"rule\":{\"\":[1],\"a\":7},\"moon\":{\"b\":[1]}}"
         "}")};
    struct counts *counts = counts_new();

    for (size_t i = 0; i < COUNT_OF(refused); i++)
        ck_assert_int_eq(counts_read(counts, span_of(refused[i]), COUNTS_ALL, &err), -1);
    for (size_t i = 0; i < COUNT_OF(harmless); i++)
        ck_assert_msg(counts_read(counts, span_of(harmless[i]), COUNTS_ALL, &err) == 0,
                      "%s: %s", harmless[i], err.text);
    ck_assert_uint_eq(measures_weight(&counts->total), 0);
    ck_assert_uint_eq(latency_count(&counts->message_latency), 0);
    counts_free(&counts);
}
END_TEST

START_TEST(test_many_names_bounded)
{
    struct counts *counts = counts_new();
    struct str text = STR_EMPTY;

    str_adds(&text, "{\"total\":[0],\"by\":{\"sender\":{");
    for (int i = 0; i < 20000; i++)
        str_printf(&text, "%s\"s%d\":[1]", i > 0 ? "," : "", i);
    str_adds(&text, "}}}");
    ck_assert_int_eq(counts_read(counts, str_span(&text), COUNTS_ALL, &err), 0);
    ck_assert_uint_eq(counts->by[DIMENSION_SENDER].count, STATISTICS_NAMES);
    str_clear(&text);
    counts_free(&counts);
}
END_TEST

START_TEST(test_latency)
{
    struct latency latency = {{0}};

    ck_assert_uint_eq(latency_quantile(&latency, 50), 0);
    for (uint64_t us = 1; us < 400000000; us += us / 7 + 1) {
        size_t bucket = latency_bucket(us);
        ck_assert_uint_lt(bucket, LATENCY_BUCKETS);
        if (bucket + 1 < LATENCY_BUCKETS) {
            ck_assert_uint_lt(us, latency_limit(bucket));
            ck_assert_uint_le(latency_limit(bucket) * 4, us * 5 + 64);
        }
        if (bucket > 0)
            ck_assert_uint_ge(us, latency_limit(bucket - 1));
    }
    for (int i = 0; i < 99; i++)
        latency_add(&latency, 1000);
    latency_add(&latency, 5000000);
    ck_assert_uint_eq(latency_quantile(&latency, 50), 1024);
    ck_assert_uint_eq(latency_quantile(&latency, 99), 1024);
    ck_assert_uint_gt(latency_quantile(&latency, 100), 5000000);
    ck_assert_uint_eq(latency_bucket(UINT64_MAX), LATENCY_BUCKETS - 1);
}
END_TEST

START_TEST(test_seal)
{
    const struct sealed_of right = {"north", "00112233445566aa", 500000};
    const struct sealed_of wrong[] = {{"south", "00112233445566aa", 500000},
                                      {"north", "00112233445566ab", 500000},
                                      {"north", "00112233445566aa", 500001}};
    struct sign_key key, other;
    struct str sealed = STR_EMPTY;
    struct span text;

    sign_key_new(&key);
    sign_key_new(&other);
    statistics_seal(&sealed, &right, &key, 7, SPAN("{\"total\":[]}"));
    ck_assert_int_eq(statistics_unseal(str_span(&sealed), &right, key.public, &text, &err), 0);
    ck_assert(span_is(text, "{\"total\":[]}"));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        ck_assert_int_eq(
            statistics_unseal(str_span(&sealed), &wrong[i], key.public, &text, &err), -1);
    ck_assert_int_eq(statistics_unseal(str_span(&sealed), &right, other.public, &text, &err),
                     -1);
    for (size_t i = 0; i < sealed.len; i++) { /* each byte counts; also in the version */
        sealed.ptr[i] ^= 1;
        ck_assert_msg(statistics_unseal(str_span(&sealed), &right, key.public, &text, &err) ==
                          -1,
                      "byte %zu", i);
        sealed.ptr[i] ^= 1;
    }
    for (size_t i = 0; i < sealed.len; i++)
        ck_assert_int_eq(
            statistics_unseal(span_from(sealed.ptr, i), &right, key.public, &text, &err), -1);
    str_clear(&sealed);
}
END_TEST

SUITE_MAIN("statistics_counts", test_events, test_text_and_back, test_merge, test_hostile_texts,
           test_many_names_bounded, test_latency, test_seal)
