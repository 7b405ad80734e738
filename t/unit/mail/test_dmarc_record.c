/* test_dmarc_record.c - DMARC records: what reads, what it asks for, and which of several records counts. */
#include <stdio.h>
#include "base/names.h"
#include "facts/fact_words.h"
#include "mail/dmarc_record.h"
#include "t/lib/suite.h"

/* "reject/none 100 sr" is policy/subdomain policy, percent, and s or r for adkim and aspf. */
static const char *printed(const struct dmarc_record *record)
{
    static char text[100];

    snprintf(text, sizeof text, "%s/%s %u %c%c",
             names_name(dmarc_policy_names, (int)record->policy),
             names_name(dmarc_policy_names, (int)record->subdomain_policy), record->percent,
             record->is_dkim_strict ? 's' : 'r', record->is_spf_strict ? 's' : 'r');
    return text;
}

START_TEST(test_parse)
{
    static const struct {
        const char *text,
            *wanted; /* wanted: as printed, or the beginning of the error with a "!" before */
    } cases[] = {
        {"v=DMARC1; p=none", "none/none 100 rr"},
        {"v=DMARC1;p=reject;", "reject/reject 100 rr"},
        {"v = DMARC1 ; p = Quarantine ; ", "quarantine/quarantine 100 rr"},
        {" v=DMARC1;\tp=reject", "reject/reject 100 rr"},
        {"v=DMARC1; p=reject; sp=none; pct=20; adkim=s; aspf=r", "reject/none 20 sr"},
        {"v=DMARC1; p=none; sp=reject; aspf=S; adkim=R", "none/reject 100 rs"},
        {"v=DMARC1; p=reject; pct=0", "reject/reject 0 rr"},
        {"v=DMARC1; p=reject; pct=007", "reject/reject 7 rr"},
        {"v=DMARC1; p=reject; np=quarantine; t=y; psd=n; x-y=2",
         "!not a list"}, /* "-" is in no name */
        {"v=DMARC1; p=reject; np=quarantine; t=y; psd=n", "reject/reject 100 rr"},
        {"v=DMARC1; p=reject; fo=banana; rf=; ri=soon; ruf=nobody", "reject/reject 100 rr"},
        {"v=DMARC1; p=reject; rua=nobody@example.com", "reject/reject 100 rr"},
        /* section 6.6.3: no policy that reads, but reports are wanted */
        {"v=DMARC1; rua=mailto:d@example.com", "none/none 100 rr"},
        {"v=DMARC1; p=rejct; rua=mailto:d@example.com; pct=50; adkim=s", "none/none 50 sr"},
        {"v=DMARC1; p=reject; sp=rejct; rua=mailto:d@example.com", "none/none 100 rr"},
        {"v=DMARC1; rua=mailto:d@example.com; p=reject", "none/none 100 rr"},
        {"v=DMARC1; rua=x, mailto:d@example.com!10m", "none/none 100 rr"},
        /* and where they are not, or to nowhere */
        {"v=DMARC1", "!p= must follow v="},
        {"v=DMARC1;", "!p= must follow v="},
        {"v=DMARC1; p=", "!p= must follow v="},
        {"v=DMARC1; p=rejct", "!p= must follow v="},
        {"v=DMARC1; sp=none; p=reject", "!p= must follow v="},
        {"v=DMARC1; P=reject", "!p= must follow v="},
        {"v=DMARC1; p=reject; sp=", "!sp= must be"},
        {"v=DMARC1; rua=d@example.com", "!p= must follow v="},
        {"v=DMARC1; rua=mailto:", "!p= must follow v="},
        {"v=DMARC1; rua=mailto:d@example.com!x", "!p= must follow v="},
        /* neither guessed nor mended */
        {"v=DMARC1; p=reject; p=none", "!the tag p= stands there twice"},
        {"v=DMARC1; p=reject; pct=abc", "!pct= must be"},
        {"v=DMARC1; p=reject; pct=101", "!pct= must be"},
        {"v=DMARC1; p=reject; pct=-1", "!pct= must be"},
        {"v=DMARC1; p=reject; pct=", "!pct= must be"},
        {"v=DMARC1; p=reject; pct=0050", "!pct= must be"},
        {"v=DMARC1; p=reject; adkim=strict", "!adkim= must be"},
        {"v=DMARC1; p=reject; aspf=x; rua=mailto:d@example.com", "!aspf= must be"},
        {"v=DMARC1; p=reject; reject", "!not a list"},
        {"v=DMARC1; p=reject, pct=5", "!p= must follow v="},
        {"v=DMARC1, p=reject", "!no DMARC record"},
        {"v=DMARC1 p=reject", "!no DMARC record"},
        {"p=reject; v=DMARC1", "!no DMARC record"},
        {"v=dmarc1; p=reject", "!no DMARC record"},
        {"V=DMARC1; p=reject", "!no DMARC record"},
        {"v=DMARC10; p=reject", "!no DMARC record"},
        {"v=DMARC2; p=reject", "!no DMARC record"},
        {"v=; p=reject", "!no DMARC record"},
        {"v", "!no DMARC record"},
        {"", "!no DMARC record"},
        {"v=spf1 -all", "!no DMARC record"},
        {"DMARC1; p=reject", "!no DMARC record"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dmarc_record record;
        struct err err;
        int rc = dmarc_record_parse(span_of(cases[i].text), &record, &err);

        if (cases[i].wanted[0] == '!')
            ck_assert_msg(rc == -1 &&
                              span_starts(span_of(err.text), span_of(cases[i].wanted + 1)),
                          "%s: %s", cases[i].text, rc == 0 ? printed(&record) : err.text);
        else
            ck_assert_msg(rc == 0 && strcmp(printed(&record), cases[i].wanted) == 0, "%s: %s",
                          cases[i].text, rc == 0 ? printed(&record) : err.text);
    }
}
END_TEST

START_TEST(test_reporting)
{
    struct dmarc_record record;

    ck_assert_int_eq(
        dmarc_record_parse(SPAN("v=DMARC1; p=none; rua= mailto:a@b.example ; ri=60"), &record,
                           NULL),
        0);
    ck_assert(span_is(record.reports_to, "mailto:a@b.example"));
    ck_assert_uint_eq(record.report_interval, 60);
    ck_assert_int_eq(
        dmarc_record_parse(SPAN("v=DMARC1; p=none; ri=99999999999"), &record, NULL), 0);
    ck_assert_uint_eq(record.report_interval, DMARC_INTERVAL);
    ck_assert_uint_eq(record.reports_to.len, 0);
}
END_TEST

static const char policy[] = "v=DMARC1; p=reject", other[] = "v=spf1 -all";
static const char broken[] = "v=DMARC1; p=rejct", old[] = "v=DMARC0; p=none";

START_TEST(test_choose)
{
    static const struct {
        enum dns_status status;
        const char *records[4];
        enum dmarc_found wanted;
    } cases[] = {
        {DNS_FOUND, {policy}, DMARC_FOUND},
        {DNS_FOUND, {other, policy, old}, DMARC_FOUND},
        {DNS_FOUND, {other, old}, DMARC_NO_RECORD},
        {DNS_FOUND, {""}, DMARC_NO_RECORD},
        {DNS_FOUND, {policy, policy}, DMARC_SEVERAL},
        {DNS_FOUND, {broken, other, policy}, DMARC_SEVERAL},
        {DNS_FOUND, {broken}, DMARC_BROKEN},
        {DNS_NONE, {NULL}, DMARC_NO_RECORD},
        {DNS_FAILED, {NULL}, DMARC_UNAVAILABLE},
        {DNS_TIMEOUT, {NULL}, DMARC_UNAVAILABLE},
        {DNS_LIMITED, {NULL}, DMARC_UNAVAILABLE},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct span records[4];
        struct dns_answer answer = {.status = cases[i].status, .records = records};
        struct dmarc_record record = {.percent = 0};

        while (answer.count < 4 && cases[i].records[answer.count] != NULL) {
            records[answer.count] = span_of(cases[i].records[answer.count]);
            answer.count++;
        }
        ck_assert_int_eq(dmarc_record_choose(&answer, &record, NULL), cases[i].wanted);
        ck_assert(cases[i].wanted != DMARC_FOUND || record.policy == DMARC_POLICY_REJECT);
    }
}
END_TEST

SUITE_MAIN("mail/dmarc_record", test_parse, test_reporting, test_choose)
