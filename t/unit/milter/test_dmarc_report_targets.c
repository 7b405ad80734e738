/* test_dmarc_report_targets.c - whose policy mail fell under, and who may be sent a report of it. */
#include <stdio.h>
#include "t/lib/fake_dns.h"
#include "t/lib/report_samples.h"

static const struct settings settings = {.dns_never_ask = "internal, corp.example",
                                         .dmarc_report_from = "dmarc@reporter.example"};
static struct report_set set;
static struct tally *tally;

static void txt(const char *name, const char *text)
{
    fake_dns_add(DNS_TXT, name, text);
}

static void begin(const char *const *from, size_t count)
{
    fake_dns_reset();
    tally = tally_new();
    for (size_t i = 0; i < count; i++) {
        const struct sample_mail mail = {.from = from[i]};
        sample_take(tally, &mail);
    }
    set = (struct report_set){.settings = &settings, .tally = tally, .arena = arena_new()};
}

static void end(void)
{
    report_set_clear(&set);
    arena_free(&set.arena);
    tally_free(&tally);
}

static const struct report *find(const char *domain, size_t from_count, enum dmarc_found found)
{
    for (size_t i = 0; i < set.count; i++)
        if (strcmp(set.list[i].domain, domain) == 0) {
            ck_assert_uint_eq(set.list[i].from_count, from_count);
            ck_assert_int_eq(set.list[i].found, found);
            return &set.list[i];
        }
    ck_abort_msg("no report about %s", domain);
    return NULL;
}

/* One report for each policy, whichever domains of From it is about. */
START_TEST(test_policies)
{
    static const char *const from[] = {"a.example",     "x.a.example",    "y.a.example",
                                       "own.a.example", "none.example",   "two.example",
                                       "bad.example",   "mute.example",   "db.internal",
                                       "corp.example",  "sub.two.example"};
    const struct report *report;

    begin(from, COUNT_OF(from));
    txt("_dmarc.a.example",
        "v=DMARC1; p=reject; sp=none; pct=7; fo=1:d; rua=mailto:r@a.example");
    txt("_dmarc.own.a.example", "v=DMARC1; p=none");
    txt("_dmarc.two.example", "v=DMARC1; p=none");
    txt("_dmarc.two.example", "v=DMARC1; p=reject");
    txt("_dmarc.bad.example", "v=DMARC1; p=what");
    fake_dns_set(DNS_TXT, "_dmarc.mute.example", DNS_FAILED);
    txt("_dmarc.db.internal", "v=DMARC1; p=none");
    txt("_dmarc.corp.example", "v=DMARC1; p=none");
    report_set_find(&set);
    report = find("a.example", 3, DMARC_FOUND);
    ck_assert_int_eq(report->record.policy, DMARC_POLICY_REJECT);
    ck_assert_int_eq(report->record.subdomain_policy, DMARC_POLICY_NONE);
    ck_assert_uint_eq(report->record.percent, 7);
    ck_assert(span_is(report->fo, "1:d"));
    ck_assert(span_is(report->record.reports_to, "mailto:r@a.example"));
    ck_assert(span_is(find("own.a.example", 1, DMARC_FOUND)->fo, "0"));
    find("none.example", 1, DMARC_NO_RECORD);
    find("two.example", 1, DMARC_SEVERAL);
    find("sub.two.example", 1, DMARC_SEVERAL);
    find("bad.example", 1, DMARC_BROKEN);
    find("mute.example", 1, DMARC_UNAVAILABLE);
    find("db.internal", 1, DMARC_NO_RECORD);
    find("corp.example", 1, DMARC_NO_RECORD);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.db.internal"), 0);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.corp.example"), 0);
    end();
}
END_TEST

/* More than a batch; what is too much for one zone is asked again, but not for ever. */
START_TEST(test_many)
{
    static char names[450][32];
    static const char *from[450];

    for (size_t i = 0; i < COUNT_OF(from); i++) {
        snprintf(names[i], sizeof names[i], "many%zu.example", i);
        from[i] = names[i];
    }
    begin(from, COUNT_OF(from));
    txt("_dmarc.many449.example", "v=DMARC1; p=none");
    fake_dns_set(DNS_TXT, "_dmarc.many7.example", DNS_LIMITED);
    report_set_find(&set);
    ck_assert_uint_eq(set.count, COUNT_OF(from));
    find("many449.example", 1, DMARC_FOUND);
    find("many8.example", 1, DMARC_NO_RECORD);
    find("many7.example", 1, DMARC_UNAVAILABLE);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.many8.example"), 1);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.many7.example"), 10);
    end();
}
END_TEST

START_TEST(test_below)
{
    static const char *const from[] = {"a.example", "x.a.example", "b.example"};

    begin(from, COUNT_OF(from));
    set.below = SPAN("a.example");
    txt("_dmarc.a.example", "v=DMARC1; p=none");
    report_set_find(&set);
    ck_assert_uint_eq(set.count, 1);
    find("a.example", 2, DMARC_FOUND);
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, "_dmarc.b.example"), 0);
    end();
}
END_TEST

#define AGREED(host) "a.example._report._dmarc." host

/* rua= of a.example; what may be sent to, and a part of why others may not. */
static const struct {
    const char *rua, *to, *why;
} cases[] = {
    {"mailto:r@a.example", "r@a.example", ""},
    {"mailto:r@mail.a.example", "r@mail.a.example", ""},
    {"mailto:r@yes.test!10m,mailto:r@no.test", "r@yes.test!10485760",
     "r@no.test did not agree to it (no record at " AGREED("no.test")},
    {"mailto:r@odd.test", "", "r@odd.test did not agree"},
    {"mailto:r@mute.test", "", "r@mute.test could not be asked"},
    {"mailto:r@moved.test", "new@moved.test!5", ""},
    {"mailto:r@away.test", "r@away.test", ""},
    {"MAILTO:r@a.example,mailto:R@A.example", "r@a.example", ""},
    {"https://a.example/x, mailto:r@a.example", "r@a.example",
     "https://a.example/x is no mailto"},
    {"mailto:r%0d%0aRCPT@a.example", "", "is no mailto"},
    {"mailto:r%C3%BC@a.example", "", "no address that reports can be sent to"},
    {"mailto:a%3e%3cb@a.example", "", "no address that reports can be sent to"},
    {"mailto:a%40evil.test@a.example", "", "no address that reports can be sent to"},
    {"mailto:r@[192.0.2.1]", "", "no address that reports can be sent to"},
    {"mailto:dmarc@reporter.example", "", "where reports come from"},
    {"mailto:r@db.internal", "", "dns_never_ask"},
    {"", "", ""},
};

static void check_targets(size_t i, struct report *report)
{
    struct str got = STR_EMPTY;

    for (size_t t = 0; t < report->target_count; t++) {
        str_printf(&got, "%s%.*s", t > 0 ? " " : "", SPAN_ARG(report->targets[t].address));
        if (report->targets[t].max_bytes > 0)
            str_printf(&got, "!%llu", (unsigned long long)report->targets[t].max_bytes);
    }
    ck_assert_msg(strcmp(str_cstr(&got), cases[i].to) == 0, "%s: %s, not %s (%s)", cases[i].rua,
                  str_cstr(&got), cases[i].to, str_cstr(&report->refused));
    ck_assert_msg(cases[i].why[0] == '\0'
                      ? report->refused.len == 0
                      : strstr(str_cstr(&report->refused), cases[i].why) != NULL,
                  "%s: refused %s", cases[i].rua, str_cstr(&report->refused));
    str_clear(&got);
}

START_TEST(test_targets)
{
    begin(NULL, 0);
    txt(AGREED("yes.test"), "v=DMARC1");
    txt(AGREED("odd.test"), "v=spf1 -all");
    fake_dns_set(DNS_TXT, AGREED("mute.test"), DNS_TIMEOUT);
    txt(AGREED("moved.test"),
        "v=DMARC1; rua=https://x.test,mailto:x@victim.test,mailto:new@moved.test!5");
    txt(AGREED("away.test"), "v=DMARC1; rua=mailto:x@victim.test");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct report report = {.domain = "a.example", .found = DMARC_FOUND};
        report.record.reports_to = span_of(cases[i].rua);
        report_targets_find(&set, &report);
        check_targets(i, &report);
        str_clear(&report.refused);
    }
    ck_assert_uint_eq(fake_dns_asked_for(DNS_TXT, AGREED("a.example")), 0);
    end();
}
END_TEST

START_TEST(test_targets_bounded)
{
    struct report report = {.domain = "a.example", .found = DMARC_FOUND};
    struct str rua = STR_EMPTY;

    begin(NULL, 0);
    for (int i = 0; i < 300; i++)
        str_printf(&rua, "%smailto:r@t%d.test", i > 0 ? "," : "", i);
    report.record.reports_to = str_span(&rua);
    report_targets_find(&set, &report);
    ck_assert_uint_eq(report.target_count, 0);
    ck_assert_uint_eq(fake_dns_asked(), REPORT_TARGETS);
    str_clear(&report.refused);
    str_clear(&rua);
    end();
}
END_TEST

SUITE_MAIN("milter/dmarc_report_targets", test_policies, test_many, test_below, test_targets,
           test_targets_bounded)
