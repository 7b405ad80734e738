/* test_dmarc_report_tally.c - what is counted for DMARC reports, how it is told apart, and that there is an end to it. */
#include <stdio.h>
#include "t/lib/report_samples.h"

static struct tally *tally;

static struct tally_domain *only_domain(void)
{
    size_t count;
    struct tally_domain *list = tally_domains(tally, &count);

    ck_assert_uint_eq(count, 1);
    return list;
}

START_TEST(test_rows)
{
    static const struct sample_mail mails[] = {
        {.ip = NULL},
        {.dkim = "fail header.d=a.example header.s=s1 header.b=AAAAAAAA "
                 "reason=\"no header.d=evil.example header.s=x\""},
        {.dkim = "fail header.d=a.example header.s=s1 header.b=BBBBBBBB"},
        {.ip = NULL},
    };
    struct tally_signature signature;
    struct tally_domain *domain;
    struct span rest;

    tally = tally_new();
    for (size_t i = 0; i < COUNT_OF(mails); i++)
        sample_take(tally, &mails[i]);
    domain = only_domain();
    ck_assert_str_eq(domain->name, "a.example");
    ck_assert_uint_eq(domain->messages, 4);
    ck_assert_uint_eq(domain->passed, 0);
    ck_assert_uint_eq(domain->row_count, 2);
    ck_assert_uint_eq(domain->rows->count, 2);
    ck_assert(span_is(domain->rows->envelope, "b.example"));
    ck_assert(domain->rows->next->next == NULL);
    rest = domain->rows->next->signatures;
    ck_assert(tally_signature(&rest, &signature));
    ck_assert(span_is(signature.result, "fail") && span_is(signature.domain, "a.example") &&
              span_is(signature.selector, "s1"));
    ck_assert(!tally_signature(&rest, &signature));
    tally_free(&tally);
}
END_TEST

/* Each differs from the first in one thing that a report shows. */
START_TEST(test_apart)
{
    static const struct sample_mail mails[] = {
        {.ip = NULL},
        {.ip = "192.0.2.8"},
        {.ip = "2001:db8::1"},
        {.sender = "x@c.example"},
        {.sender = "-"},
        {.spf = "softfail"},
        {.spf_domain = "c.example"},
        {.dkim = "none header.d=a.example"},
        {.dmarc = "pass"},
        {.policy = "none"},
        {.disposition = "reject"},
        {.disposition = "quarantine"},
        {.rescued = "a.example"},
    };

    tally = tally_new();
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT_OF(mails); i++)
            sample_take(tally, &mails[i]);
    ck_assert_uint_eq(only_domain()->row_count, COUNT_OF(mails));
    ck_assert_uint_eq(only_domain()->passed, 2);
    for (const struct tally_row *row = only_domain()->rows; row != NULL; row = row->next)
        ck_assert_uint_eq(row->count, 2);
    tally_free(&tally);
}
END_TEST

START_TEST(test_not_counted)
{
    static const struct sample_mail mails[] = {
        {.disposition = "defer"},
        {.disposition = "pass"},
        {.policy = "-"},
        {.dmarc = "-"},
        {.from = "-"},
        {.ip = "-"},
        {.gateway = "mx.gateway.example"},
        {.passes = 1},
    };
    const struct decision_record bare = {.disposition = SPAN("deliver")},
                                 broken = {.disposition = SPAN("deliver"),
                                           .facts = SPAN("PGF1 and what not")};
    size_t count;

    tally = tally_new();
    for (size_t i = 0; i < COUNT_OF(mails); i++)
        sample_take(tally, &mails[i]);
    tally_take(tally, &bare);
    tally_take(tally, &broken);
    (void)tally_domains(tally, &count);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(tally_others(tally), 0);
    ck_assert_uint_eq(tally_unread(tally), 1);
    tally_free(&tally);
}
END_TEST

static void take_from(const char *domain)
{
    const struct sample_mail mail = {.from = domain};

    sample_take(tally, &mail);
}

/* Names below one domain do not crowd out others, and there is an end to domains. */
START_TEST(test_domains_bounded)
{
    char name[64];
    size_t count;

    tally = tally_new();
    for (size_t i = 0; i < TALLY_BELOW + 7; i++) {
        snprintf(name, sizeof name, "d%zu.greedy.example", i);
        take_from(name);
    }
    (void)tally_domains(tally, &count);
    ck_assert_uint_eq(count, TALLY_BELOW);
    ck_assert_uint_eq(tally_others(tally), 7);
    for (size_t i = 0; i < TALLY_DOMAINS; i++) {
        snprintf(name, sizeof name, "many%zu.example", i);
        take_from(name);
    }
    (void)tally_domains(tally, &count);
    ck_assert_uint_eq(count, TALLY_DOMAINS);
    ck_assert_uint_eq(tally_others(tally), 7 + TALLY_BELOW);
    take_from("many1.example"); /* known ones still count */
    ck_assert_uint_eq(tally_others(tally), 7 + TALLY_BELOW);
    tally_free(&tally);
}
END_TEST

START_TEST(test_rows_bounded)
{
    char ip[32];

    tally = tally_new();
    for (unsigned i = 0; i < TALLY_ROWS + 5; i++) {
        const struct sample_mail mail = {.ip = ip};
        snprintf(ip, sizeof ip, "10.0.%u.%u", i >> 8, i & 255);
        sample_take(tally, &mail);
    }
    ck_assert_uint_eq(only_domain()->row_count, TALLY_ROWS);
    ck_assert_uint_eq(only_domain()->left_out, 5);
    ck_assert_uint_eq(only_domain()->messages, TALLY_ROWS + 5);
    tally_free(&tally);
}
END_TEST

SUITE_MAIN("milter/dmarc_report_tally", test_rows, test_apart, test_not_counted,
           test_domains_bounded, test_rows_bounded)
