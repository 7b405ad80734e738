/* test_decide.c - deciding with checks that answer at once, later, never, or not at all; and replay from the record. */
#include <pthread.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/decide.h"
#include "engine/record.h"
#include "facts/block.h"
#include "facts/derive.h"
#include "t/lib/snapshot_of.h"

static const char rules_text[] =
    "[filter]\n"
    "rule client when client.ip in { 203.0.113.0/24 } then reject \"5.7.1 no\"\n"
    "rule lost (unknown passes) when spam.score > 5 then reject \"5.7.1 spam\"\n"
    "rule broken when mime.broken unknown then defer \"4.7.0 could not look\"\n"
    "rule bad when mime.broken then reject \"5.6.0 broken\"\n"
    "rule parts when any attachment (uninspected known) then quarantine \"x\"\n"
    "rule mine when recipient = \"b@b.example\" then reject \"5.7.1 not b\"\n";

/* What the check under test does when it is started. */
static enum { ANSWERS, ANSWERS_LATER, NEVER, FAILS, ANSWERS_NOTHING } behaviour;
static bool is_broken;
static struct check_request *started;
static int starts;

static void answer(struct check_request *request)
{
    struct facts *facts = facts_new();

    if (behaviour != ANSWERS_NOTHING) {
        facts_set_number(facts, FACT_MIME_BROKEN, is_broken);
        facts_records_learnt(facts, RECORD_ATTACHMENT, false, SPAN(""));
    }
    mailbox_post(request->mailbox, request->check, &facts);
}

static int check_start(struct check_request *request, struct err *err)
{
    starts++;
    if (behaviour == FAILS)
        return err_set(err, "no worker");
    if (behaviour == ANSWERS_LATER || behaviour == NEVER)
        started = check_request_pin(request);
    else
        answer(request);
    return 0;
}

static const enum fact_id learnt[] = {FACT_MIME_BROKEN, FACT_ATTACHMENT_NAME, FACT__COUNT};
static const struct check check = {
    .name = "content", .stage = STAGE_EOM, .facts = learnt, .start = check_start};
static const struct check *const checks[] = {&check};

static struct deciding d;
static struct facts *recipients[2];

static void begin(const char *client, const char *second)
{
    struct ip ip;

    checks_register(checks, 1);
    starts = 0;
    started = NULL;
    ck_assert(ip_parse(span_of(client), &ip));
    d = (struct deciding){.arena = arena_new(),
                          .snapshot = snapshot_of(rules_text),
                          .chain = CHAIN_FILTER,
                          .message = facts_new(),
                          .recipients = recipients,
                          .recipient_count = second != NULL ? 2 : 1,
                          .message_fd = -1,
                          .mailbox = mailbox_new(),
                          .deadline = clock_mono_ms() + 60000};
    facts_set_ip(d.message, FACT_CLIENT_IP, &ip);
    recipients[0] = facts_new();
    facts_set_path(recipients[0], FACT_RECIPIENT, SPAN("<a@a.example>"));
    if (second != NULL) {
        recipients[1] = facts_new();
        facts_set_path(recipients[1], FACT_RECIPIENT, span_of(second));
    }
}

static void end(void)
{
    for (size_t i = 0; i < d.recipient_count; i++)
        facts_free(&recipients[i]);
    facts_free(&d.message);
    mailbox_unpin(&d.mailbox);
    snapshot_unpin(&d.snapshot);
    arena_free(&d.arena);
    check_request_unpin(&started);
}

START_TEST(test_early_refusal_starts_nothing)
{
    const struct outcome *outcome;

    behaviour = ANSWERS;
    begin("203.0.113.7", NULL);
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_DONE);
    ck_assert_int_eq(outcome->disposition, DISPOSITION_REJECT);
    ck_assert_int_eq(starts, 0);
    end();
}
END_TEST

START_TEST(test_what_comes_later_is_pending)
{
    const struct outcome *outcome;

    begin("192.0.2.7", NULL);
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_PENDING);
    ck_assert_int_eq(starts, 0);
    end();
}
END_TEST

START_TEST(test_behaviours)
{
    static const struct {
        const char *name;
        int behaviour;
        bool is_broken;
        enum disposition want;
    } cases[] = {
        {"clean", ANSWERS, false, DISPOSITION_DELIVER},
        {"broken", ANSWERS, true, DISPOSITION_REJECT},
        {"start fails", FAILS, false, DISPOSITION_DEFER},
        {"answers nothing", ANSWERS_NOTHING, false, DISPOSITION_DEFER},
    };
    const struct verdict *verdict;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        behaviour = cases[i].behaviour;
        is_broken = cases[i].is_broken;
        begin("192.0.2.7", NULL);
        ck_assert_msg(decide(&d, STAGE_EOM, &verdict) == DECIDE_DONE, "%s", cases[i].name);
        ck_assert_msg(verdict->whole == cases[i].want, "%s: %d", cases[i].name, verdict->whole);
        ck_assert_int_eq(starts, 1);
        end();
    }
}
END_TEST

START_TEST(test_waits_for_a_late_answer)
{
    const struct verdict *verdict;

    behaviour = ANSWERS_LATER;
    is_broken = true;
    begin("192.0.2.7", NULL);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts, 1);
    answer(started);
    ck_assert(mailbox_wait(d.mailbox, clock_mono_ms() + 1000));
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_REJECT);
    end();
}
END_TEST

START_TEST(test_past_the_deadline_is_unknown)
{
    const struct verdict *verdict;

    behaviour = NEVER;
    begin("192.0.2.7", NULL);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_DEFER);
    end();
}
END_TEST

START_TEST(test_answer_after_abort_finds_nothing_freed)
{
    const struct verdict *verdict;
    struct check_request *late;

    behaviour = ANSWERS_LATER;
    begin("192.0.2.7", NULL);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    late = check_request_pin(started);
    end();
    answer(late);
    check_request_unpin(&late);
}
END_TEST

START_TEST(test_recipients_apart)
{
    const struct verdict *verdict;

    behaviour = ANSWERS;
    is_broken = false;
    begin("192.0.2.7", "<b@b.example>");
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_DELIVER);
    ck_assert_int_eq(verdict->each[0], DISPOSITION_DELIVER);
    ck_assert_int_eq(verdict->each[1], DISPOSITION_REJECT);
    ck_assert(verdict->wants_quarantine);
    end();
}
END_TEST

static struct span replay_blocks(struct str *blocks)
{
    ck_assert_int_eq(block_write(blocks, d.message, NULL), 0);
    for (size_t i = 0; i < d.recipient_count; i++)
        ck_assert_int_eq(block_write(blocks, recipients[i], NULL), 0);
    return str_span(blocks);
}

/* The recorded facts, and nothing else, give the same verdict: no check is started again. */
START_TEST(test_a_recorded_block_replays)
{
    struct record_recipients again = {.list = recipients, .room = 2};
    const struct verdict *verdict;
    enum disposition first, second;
    struct str blocks = STR_EMPTY;
    struct err err;

    behaviour = ANSWERS;
    for (int broken = 0; broken < 2; broken++) {
        is_broken = broken;
        begin("192.0.2.7", "<b@b.example>");
        ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
        first = verdict->whole;
        second = verdict->each[1];
        str_reset(&blocks);
        replay_blocks(&blocks);
        end();
        begin("198.51.100.1", NULL);
        facts_free(&recipients[0]);
        facts_free(&d.message);
        d.message = facts_new();
        starts = 0;
        ck_assert_int_eq(record_read_facts(str_span(&blocks), d.message, &again, &err), 0);
        d.recipient_count = again.count;
        ck_assert_uint_eq(again.count, 2);
        ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
        ck_assert_int_eq(verdict->whole, first);
        ck_assert_int_eq(verdict->each[1], second);
        ck_assert_int_eq(starts, 0);
        end();
    }
    str_clear(&blocks);
}
END_TEST

START_TEST(test_recorded_facts_are_read_with_care)
{
    struct record_recipients read = {.list = recipients, .room = 2};
    struct facts *facts = facts_new();
    struct str blocks = STR_EMPTY;
    struct err err;

    behaviour = ANSWERS;
    begin("192.0.2.7", NULL);
    replay_blocks(&blocks);
    end();
    for (size_t cut = 0; cut < blocks.len; cut++) {
        int rc = record_read_facts(span_from(blocks.ptr, cut), facts, &read, &err);
        for (size_t i = 0; i < read.count; i++)
            facts_free(&recipients[i]);
        ck_assert_msg(rc == -1 || read.count == 0, "cut at %zu", cut);
    }
    facts_free(&facts);
    str_clear(&blocks);
}
END_TEST

SUITE_MAIN("engine/decide", test_early_refusal_starts_nothing, test_what_comes_later_is_pending,
           test_behaviours, test_waits_for_a_late_answer, test_past_the_deadline_is_unknown,
           test_answer_after_abort_finds_nothing_freed, test_recipients_apart,
           test_a_recorded_block_replays, test_recorded_facts_are_read_with_care)
