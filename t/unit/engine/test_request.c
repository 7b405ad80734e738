/* test_request.c - what a check is told that it is asked for: by the rules, and by checks that work with it. */
#include "base/clock.h"
#include "engine/request.h"
#include "t/lib/snapshot_of.h"

enum { READER, JUDGE, SECOND, CHECKS };

static bool is_idle_now;

static bool is_idle(void)
{
    return is_idle_now;
}

static const enum fact_id reader_facts[] = {FACT_SUBJECT, FACT_URL_HOST, FACT_HEADER,
                                            FACT__COUNT};
static const enum fact_id judge_facts[] = {FACT_DNSBL_URL, FACT__COUNT};
static const enum fact_id judge_needs[] = {FACT_URL_HOST, FACT__COUNT};
static const enum fact_id second_facts[] = {FACT_DMARC, FACT__COUNT};
static const enum fact_id second_needs[] = {FACT_DNSBL_URL, FACT__COUNT};

static const struct check reader = {
    .name = "reader", .stage = STAGE_EOM, .facts = reader_facts, .reads_facts = true};
static const struct check judge = {.name = "judge",
                                   .stage = STAGE_EOM,
                                   .facts = judge_facts,
                                   .reads_facts = true,
                                   .needs = judge_needs,
                                   .is_idle = is_idle};
static const struct check second = {.name = "second",
                                    .stage = STAGE_EOM,
                                    .facts = second_facts,
                                    .reads_facts = true,
                                    .needs = second_needs};
static const struct check *const checks[] = {&reader, &judge, &second};

/* What the reader is asked for under these rules: wants by fact. */
static struct check_request *asked(struct deciding *d, const char *rules)
{
    checks_register(checks, CHECKS);
    *d = (struct deciding){.arena = arena_new(),
                           .snapshot = snapshot_of(rules),
                           .chain = CHAIN_FILTER,
                           .message = facts_new(),
                           .message_fd = -1,
                           .mailbox = mailbox_new(),
                           .deadline = clock_mono_ms() + 60000};
    return request_new(d, READER);
}

static void end(struct deciding *d, struct check_request *request)
{
    check_request_unpin(&request);
    facts_free(&d->message);
    mailbox_unpin(&d->mailbox);
    snapshot_unpin(&d->snapshot);
    arena_free(&d->arena);
}

static const struct {
    const char *rules;
    bool is_idle, links, header;
} cases[] = {
    {"rule x when subject = \"a\" then accept\n", false, false, false},
    {"rule x when any url (host = \"a\") then accept\n"
     "rule y when any url (host unknown) then accept\n",
     false, true, false},
    {"rule x (unknown passes) when dnsbl.url known then accept\n", false, true, false},
    {"rule x (unknown passes) when dnsbl.url known then accept\n", true, false, false},
    {"rule x when dmarc = pass then accept\n", false, true, false},
    {"rule x when dmarc = pass then accept\n", true, false, false},
    {"rule x when header(\"X-A\") = \"a\" then accept\n", false, false, true},
    {"rule x (unknown passes) when header(\"X-A\") = \"a\" or dnsbl.url known then accept\n",
     false, true, true},
};

START_TEST(test_wants)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str rules = STR_EMPTY;
        struct deciding d;
        struct check_request *request;
        bool links = false, header = false;

        is_idle_now = cases[i].is_idle;
        str_printf(&rules, "[filter]\n%s", cases[i].rules);
        request = asked(&d, str_cstr(&rules));
        for (size_t j = 0; j < request->want_count; j++) {
            const struct fact_ref *want = &request->wants[j];
            links |= want->record == RECORD_URL && want->fact == FACT_URL_HOST;
            header |= want->fact == FACT_HEADER && span_is(want->key, "x-a");
            ck_assert_int_ne(want->fact, FACT_DNSBL_URL);
        }
        ck_assert_msg(links == cases[i].links && header == cases[i].header, "%s",
                      cases[i].rules);
        end(&d, request);
        str_clear(&rules);
    }
}
END_TEST

SUITE_MAIN("engine/request", test_wants)
