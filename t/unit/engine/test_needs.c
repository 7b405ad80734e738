/* test_needs.c - checks that work with what others learn; what stands when one is late; what comes in after the decision. */
#include "base/clock.h"
#include "engine/decide.h"
#include "facts/block.h"
#include "facts/derive.h"
#include "t/lib/snapshot_of.h"

enum { SPF, DKIM, DMARC, CHECKS };
enum words { PASS_SPF = 3, FAIL_SPF = 4, TEMPERROR_SPF = 6, PASS = 2 }; /* fact_words.c */

static const char by_dmarc[] = "[filter]\n"
                               "rule x when dmarc = pass then reject \"5.7.1 as it should\"\n";
static const char by_spf[] = "[filter]\n"
                             "rule soft when spf = temperror then defer \"4.7.0 later\"\n"
                             "rule hard when spf = fail then reject \"5.7.1 no\"\n"
                             "rule end when message.size > 1 then accept\n";

static struct check_request *requests[CHECKS]; /* started and not answered yet */
static int starts[CHECKS];
static bool fails[CHECKS];
static struct deciding d;
static struct facts *recipient;

static int start(struct check_request *request, int which, struct err *err)
{
    starts[which]++;
    if (fails[which])
        return err_set(err, "no worker");
    requests[which] = check_request_pin(request);
    return 0;
}

static int start_spf(struct check_request *request, struct err *err)
{
    return start(request, SPF, err);
}

static int start_dkim(struct check_request *request, struct err *err)
{
    return start(request, DKIM, err);
}

static int start_dmarc(struct check_request *request, struct err *err)
{
    return start(request, DMARC, err);
}

static void without_spf(struct facts *facts, const char *reason)
{
    (void)reason;
    facts_set_number(facts, FACT_SPF, TEMPERROR_SPF);
    facts_set_absent(facts, FACT_SPF_DOMAIN);
}

static void without_dmarc(struct facts *facts, const char *reason)
{
    (void)reason;
    facts_set_number(facts, FACT_DMARC, 4);
}

static const enum fact_id spf_facts[] = {FACT_SPF, FACT_SPF_DOMAIN, FACT__COUNT};
static const enum fact_id dkim_facts[] = {FACT_DKIM, FACT_DKIM_DOMAINS, FACT__COUNT};
static const enum fact_id dmarc_facts[] = {FACT_DMARC, FACT_AUTHOR, FACT__COUNT};
/* from is learnt by no check here: nobody waits for it */
static const enum fact_id dmarc_needs[] = {FACT_SPF, FACT_DKIM, FACT_FROM, FACT__COUNT};
static const enum fact_id circle_needs[] = {FACT_DMARC, FACT__COUNT};

static const struct check spf = {.name = "spf",
                                 .stage = STAGE_MAIL,
                                 .facts = spf_facts,
                                 .start = start_spf,
                                 .without = without_spf,
                                 .asks_dns = true};
static const struct check dkim = {
    .name = "signatures", .stage = STAGE_EOM, .facts = dkim_facts, .start = start_dkim};
static const struct check dmarc = {.name = "dmarc",
                                   .stage = STAGE_EOM,
                                   .facts = dmarc_facts,
                                   .reads_facts = true,
                                   .start = start_dmarc,
                                   .needs = dmarc_needs,
                                   .without = without_dmarc,
                                   .asks_dns = true};
static const struct check circle = {.name = "circle",
                                    .stage = STAGE_EOM,
                                    .facts = dkim_facts,
                                    .start = start_dkim,
                                    .needs = circle_needs};
static const struct check *const checks[] = {&spf, &dkim, &dmarc};
static const struct check *const in_a_circle[] = {&spf, &circle, &dmarc};

static void begin(const char *rules)
{
    checks_register(checks, CHECKS);
    memset(starts, 0, sizeof starts);
    memset(fails, 0, sizeof fails);
    recipient = facts_new();
    facts_set_path(recipient, FACT_RECIPIENT, SPAN("<a@a.example>"));
    d = (struct deciding){.arena = arena_new(),
                          .snapshot = snapshot_of(rules),
                          .chain = CHAIN_FILTER,
                          .message = facts_new(),
                          .recipients = &recipient,
                          .recipient_count = 1,
                          .message_fd = -1,
                          .mailbox = mailbox_new(),
                          .deadline = clock_mono_ms() + 60000};
    facts_set_absent(d.message, FACT_AUTH_USER);
    facts_set_absent(d.message, FACT_CLIENT_IP);
}

static void end(void)
{
    for (int i = 0; i < CHECKS; i++)
        check_request_unpin(&requests[i]);
    facts_free(&recipient);
    facts_free(&d.message);
    mailbox_unpin(&d.mailbox);
    snapshot_unpin(&d.snapshot);
    arena_free(&d.arena);
}

static void answer(int which, enum fact_id fact, int64_t word)
{
    struct facts *facts = facts_new();

    ck_assert_ptr_nonnull(requests[which]);
    facts_set_number(facts, fact, word);
    mailbox_post(requests[which]->mailbox, requests[which]->check, &facts);
    check_request_unpin(&requests[which]);
}

static int64_t word_of(enum fact_id id)
{
    const struct fact *fact = facts_get(d.message, id);

    return fact->state == FACT_VALUE ? fact->values[0].number : -1;
}

START_TEST(test_starts_when_those_it_works_with_have_answered)
{
    const struct verdict *verdict;

    begin(by_dmarc);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[SPF], 1);
    ck_assert_int_eq(starts[DKIM], 1);
    ck_assert_int_eq(starts[DMARC], 0);
    answer(DKIM, FACT_DKIM, PASS);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[DMARC], 0);
    answer(SPF, FACT_SPF, FAIL_SPF);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[DMARC], 1);
    ck_assert_int_eq(facts_get(requests[DMARC]->facts, FACT_SPF)->values[0].number, FAIL_SPF);
    ck_assert_int_eq(facts_get(requests[DMARC]->facts, FACT_DKIM)->values[0].number, PASS);
    answer(DMARC, FACT_DMARC, PASS);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_REJECT);
    end();
}
END_TEST

START_TEST(test_a_start_that_fails_is_an_answer_too)
{
    const struct verdict *verdict;

    begin(by_dmarc);
    fails[SPF] = fails[DKIM] = true;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[DMARC], 1);
    ck_assert_int_eq(facts_get(requests[DMARC]->facts, FACT_SPF)->values[0].number,
                     TEMPERROR_SPF);
    end();
}
END_TEST

START_TEST(test_what_is_known_already_is_not_asked_again)
{
    const struct verdict *verdict;

    begin(by_dmarc);
    facts_set_absent(d.message, FACT_SPF);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[SPF], 0);
    answer(DKIM, FACT_DKIM, PASS);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[DMARC], 1);
    end();
}
END_TEST

START_TEST(test_late_is_temperror_and_never_unknown)
{
    const struct verdict *verdict;

    begin(by_dmarc);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(word_of(FACT_DMARC), 4);
    ck_assert_int_eq(facts_get(d.message, FACT_DKIM)->state, FACT_UNKNOWN); /* no `without` */
    ck_assert_int_eq(verdict->whole, DISPOSITION_DELIVER);
    end();
}
END_TEST

START_TEST(test_late_at_rcpt_is_learnt_by_the_end)
{
    const struct outcome *outcome;
    const struct verdict *verdict;

    begin(by_spf);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_DONE);
    ck_assert_int_eq(outcome->disposition, DISPOSITION_DEFER);
    /* another recipient does not wait once more */
    d.deadline = clock_mono_ms() + 60000;
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_DONE);
    ck_assert_int_eq(outcome->disposition, DISPOSITION_DEFER);
    facts_set_number(d.message, FACT_MESSAGE_SIZE, 100);
    decide_again(&d, clock_mono_ms() + 60000);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[SPF], 1);
    answer(SPF, FACT_SPF, FAIL_SPF);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_REJECT);
    end();
}
END_TEST

START_TEST(test_an_answer_between_replaces_what_was_settled)
{
    const struct outcome *outcome;

    begin(by_spf);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_DONE);
    answer(SPF, FACT_SPF, FAIL_SPF);
    ck_assert_int_eq(decide_recipient(&d, 0, STAGE_RCPT, &outcome), DECIDE_DONE);
    ck_assert_int_eq(outcome->disposition, DISPOSITION_REJECT);
    end();
}
END_TEST

START_TEST(test_early_start_knows_what_is_worked_with)
{
    begin("[filter]\nrule x when author = \"a@a.example\" then accept\n");
    ck_assert(decide_may_ask(&d, FACT_SPF));
    ck_assert(decide_may_ask(&d, FACT_DMARC));
    decide_start_early(&d, STAGE_MAIL);
    ck_assert_int_eq(starts[SPF], 1);
    ck_assert_int_eq(starts[DKIM], 0);
    decide_start_early(&d, STAGE_EOM);
    ck_assert_int_eq(starts[DKIM], 1);
    end();
    begin("[filter]\nrule x when message.size > 1MB then accept\n");
    ck_assert(!decide_may_ask(&d, FACT_SPF));
    decide_start_early(&d, STAGE_EOM);
    ck_assert_int_eq(starts[SPF] + starts[DKIM] + starts[DMARC], 0);
    end();
}
END_TEST

START_TEST(test_wanted_though_no_rule_asks)
{
    begin("[filter]\nrule x when message.size > 1MB then accept\n");
    decide_want(&d, FACT_SPF);
    decide_start_early(&d, STAGE_MAIL);
    ck_assert_int_eq(starts[SPF], 1);
    ck_assert_int_eq(decide_learn(&d, FACT_SPF), DECIDE_WAIT);
    answer(SPF, FACT_SPF, PASS_SPF);
    ck_assert_int_eq(decide_learn(&d, FACT_SPF), DECIDE_DONE);
    ck_assert_int_eq(word_of(FACT_SPF), PASS_SPF);
    end();
    begin(by_dmarc);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide_learn(&d, FACT_DMARC), DECIDE_DONE);
    ck_assert_int_eq(word_of(FACT_DMARC), 4);
    end();
}
END_TEST

START_TEST(test_after_the_decision_nothing_is_replaced)
{
    const struct verdict *verdict;

    begin(by_spf);
    facts_set_number(d.message, FACT_MESSAGE_SIZE, 100);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    d.is_decided = true;
    d.deadline = clock_mono_ms() + 60000;
    answer(SPF, FACT_SPF, FAIL_SPF);
    ck_assert_int_eq(decide_learn(&d, FACT_SPF), DECIDE_DONE);
    ck_assert_int_eq(word_of(FACT_SPF), TEMPERROR_SPF);
    ck_assert_int_eq(decide_learn(&d, FACT_DKIM), DECIDE_WAIT);
    answer(DKIM, FACT_DKIM, PASS);
    ck_assert_int_eq(decide_learn(&d, FACT_DKIM), DECIDE_DONE);
    ck_assert_int_eq(word_of(FACT_DKIM), PASS);
    end();
}
END_TEST

/* What was late when it was decided is recorded so, whatever came after: the record gives the same verdict. */
START_TEST(test_a_record_of_what_was_late_replays)
{
    const struct verdict *verdict;
    struct str block = STR_EMPTY;
    struct facts *recorded = facts_new();
    struct err err;

    begin(by_spf);
    facts_set_number(d.message, FACT_MESSAGE_SIZE, 100);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_DEFER);
    d.is_decided = true;
    answer(SPF, FACT_SPF, FAIL_SPF);
    ck_assert_int_eq(decide_learn(&d, FACT_SPF), DECIDE_DONE);
    ck_assert_int_eq(block_write(&block, d.message, NULL), 0);
    ck_assert_int_eq(block_read(recorded, str_span(&block), &err), 0);
    facts_free(&d.message);
    d.message = recorded;
    d.is_decided = false;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    ck_assert_int_eq(verdict->whole, DISPOSITION_DEFER);
    ck_assert_int_eq(starts[SPF], 1);
    str_clear(&block);
    end();
}
END_TEST

START_TEST(test_lookups_have_a_time_of_their_own)
{
    int64_t now;

    begin(by_dmarc);
    now = clock_mono_ms();
    d.lookup_deadline = now + 10000;
    decide_start_early(&d, STAGE_EOM);
    ck_assert_int_ge(requests[SPF]->deadline, now + 8000);
    ck_assert_int_le(requests[SPF]->deadline, now + 9500);
    ck_assert_int_eq(requests[DKIM]->deadline, d.deadline);
    answer(SPF, FACT_SPF, FAIL_SPF);
    answer(DKIM, FACT_DKIM, PASS);
    ck_assert_int_eq(decide_learn(&d, FACT_DMARC), DECIDE_WAIT);
    ck_assert_int_eq(requests[DMARC]->deadline, now + 10000);
    end();
}
END_TEST

/* Who makes an inspection slow must not keep a policy from being asked for. */
START_TEST(test_held_up_past_the_time_of_lookups)
{
    static const int64_t left[] = {60000, 400}; /* of the message's time */

    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        begin(by_dmarc);
        d.lookup_deadline = clock_mono_ms() - 5000;
        d.deadline = clock_mono_ms() + left[i];
        decide_start_early(&d, STAGE_EOM);
        answer(SPF, FACT_SPF, FAIL_SPF);
        answer(DKIM, FACT_DKIM, PASS);
        ck_assert_int_eq(decide_learn(&d, FACT_DMARC), DECIDE_WAIT);
        ck_assert_int_gt(requests[DMARC]->deadline, d.deadline - left[i]);
        ck_assert_int_le(requests[DMARC]->deadline, d.deadline);
        end();
    }
}
END_TEST

START_TEST(test_a_circle_of_needs_ends)
{
    const struct verdict *verdict;

    begin(by_dmarc);
    checks_register(in_a_circle, CHECKS);
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_WAIT);
    ck_assert_int_eq(starts[SPF], 1);
    ck_assert_int_eq(starts[DMARC], 0);
    d.deadline = clock_mono_ms() - 1;
    ck_assert_int_eq(decide(&d, STAGE_EOM, &verdict), DECIDE_DONE);
    end();
}
END_TEST

SUITE_MAIN("engine/needs", test_starts_when_those_it_works_with_have_answered,
           test_a_start_that_fails_is_an_answer_too,
           test_what_is_known_already_is_not_asked_again,
           test_late_is_temperror_and_never_unknown, test_late_at_rcpt_is_learnt_by_the_end,
           test_an_answer_between_replaces_what_was_settled,
           test_early_start_knows_what_is_worked_with, test_wanted_though_no_rule_asks,
           test_after_the_decision_nothing_is_replaced, test_a_record_of_what_was_late_replays,
           test_lookups_have_a_time_of_their_own, test_held_up_past_the_time_of_lookups,
           test_a_circle_of_needs_ends)
