/* judge.c - the end of a message: seal, learn, decide, keep. */
#include <stdio.h>
#include "base/clock.h"
#include "base/log.h"
#include "checks/content.h"
#include "engine/record.h"
#include "facts/derive.h"
#include "mail/address.h"
#include "milter/authentication.h"
#include "milter/keep.h"
#include "milter/keys.h"
#include "milter/releases.h"
#include "milter/verdict_log.h"
#include "milter/wait.h"

static void refuse(struct transaction *t, struct answer *answer, const char *dsn,
                   const char *text)
{
    t->note = text;
    answer_refuse(answer, 0, dsn, text, t->ticket.code);
}

static void learn_loop(struct transaction *t)
{
    struct span *recipients =
        arena_array(t->arena, t->deciding.recipient_count + 1, sizeof *recipients);
    struct facts *facts = t->deciding.message;
    struct str message_id = STR_EMPTY;

    (void)message_header_text(&t->message, HEADER_MESSAGE_ID, &message_id);
    for (size_t i = 0; i < t->deciding.recipient_count; i++)
        recipients[i] = record_text(t->arena, t->deciding.recipients[i], FACT_RECIPIENT);
    t->reader = (struct loop_reader){.keys = keys_take(t->gate, t->arena),
                                     .message_id = arena_span(t->arena, str_span(&message_id)),
                                     .path = t->mark_path,
                                     .recipients = recipients,
                                     .recipient_count = t->deciding.recipient_count,
                                     .now = t->begun / 1000,
                                     .max_age = t->gate->settings->trace_max_age};
    str_clear(&message_id);
    loop_read(&t->loop, &t->message, &t->reader);
    atomic_fetch_add(&t->gate->bad_marks, t->loop.invalid);
    facts_set_number(facts, FACT_LOOP_HOPS, t->message.hops);
    facts_set_number(facts, FACT_LOOP_PASSES, t->loop.passes);
    facts_set_number(facts, FACT_LOOP_CERTAIN, t->loop.is_certain);
}

static void learn_message(struct transaction *t)
{
    struct facts *facts = t->deciding.message;

    facts_set_number(facts, FACT_MESSAGE_SIZE, (int64_t)t->message.size);
    facts_set_number(facts, FACT_RECIPIENT_COUNT, (int64_t)t->deciding.recipient_count);
    learn_loop(t);
    t->deciding.message_fd = t->message.fd;
}

/* Can the rules be asked at all? */
static bool judge_begin(struct transaction *t, struct answer *answer)
{
    struct err err;

    err_reset(&err);
    if (t->deciding.snapshot == NULL)
        refuse(t, answer, "4.3.0", "no rules in force yet; try again");
    else if (t->message.forgeable > MESSAGE_MAX_FORGEABLE)
        refuse(t, answer, "5.6.0",
               "too many Authentication-Results, X-MS-Exchange-Organization or X-Postgate "
               "headers");
    else if (message_seal(&t->message, &err) != 0)
        refuse(t, answer, "4.3.1", arena_strdup(t->arena, err.text));
    return answer->kind == ANSWER_CONTINUE;
}

/* What we say in From of our own messages: whose key signs them follows from it. */
static void learn_author_of_ours(struct transaction *t)
{
    struct value from = {.number = 0};
    struct address address;

    if (address_parse(span_of(t->gate->settings->dmarc_report_from), &address, NULL) != 1)
        return;
    from.text = address_text(&address);
    facts_set_many(t->deciding.message, FACT_FROM, &from, 1);
    facts_derive(t->deciding.message);
}

/* Over the release listener comes what we send ourselves, each message once; it skips the rules, never the loop check. */
static void judge_release(struct transaction *t, struct answer *answer)
{
    struct span *recipients =
        arena_array(t->arena, t->deciding.recipient_count + 1, sizeof *recipients);
    struct release_envelope envelope = {.recipients = recipients,
                                        .recipient_count = t->deciding.recipient_count};
    struct release_taken taken;

    envelope.sender = keep_bare_path(t->sender);
    for (size_t i = 0; i < t->deciding.recipient_count; i++)
        recipients[i] = keep_bare_path(t->recipients[i]);
    if (!releases_redeem(t->gate->releases, &t->message, &envelope, &taken)) {
        refuse(t, answer, "5.7.1",
               "this listener takes only what milter-ctl quarantine release sends");
        return;
    }
    t->note = taken.is_ours ? "a report of our own"
                            : arena_printf(t->arena, "released from quarantine %s", taken.id);
    t->mark_path = taken.path;
    t->is_ours = taken.is_ours;
    learn_message(t);
    if (t->is_ours)
        learn_author_of_ours(t);
    if (t->loop.is_certain)
        refuse(t, answer, "5.4.6",
               "routing loop: this message passed here before; mend the route, then release it "
               "after trace_max_age");
}

static void ask_rules(struct transaction *t)
{
    authentication_end(t);
    while (decide(&t->deciding, STAGE_EOM, &t->verdict) == DECIDE_WAIT)
        (void)wait_for(t->deciding.mailbox, t->deciding.deadline);
    if (t->verdict->whole == DISPOSITION_DELIVER || t->verdict->whole == DISPOSITION_HOLD)
        authentication_finish(t);
}

/* Said for each message that was not kept, since each is somebody's; status shows it until one can be kept again. */
static void note_keeping(struct transaction *t, int kept, const struct err *err)
{
    atomic_store(&t->gate->is_quarantine_failing, kept != 0);
    if (kept != 0)
        log_write(LOG_LEVEL_WARN, t->queue_id, "not kept in quarantine: %s", err->text);
}

static void carry_out(struct transaction *t, struct answer *answer)
{
    struct err err;
    int kept;

    err_reset(&err);
    kept = keep_verdict(t, &err);
    if (t->verdict->wants_quarantine && !t->session->is_trial)
        note_keeping(t, kept, &err);
    if (kept == 0 || (kept > 0 && t->verdict->whole == DISPOSITION_REJECT)) {
        answer_outcome(answer, t->verdict->whole, t->verdict->deciding, t->ticket.code);
        if (kept > 0)
            t->note = "rejected unkept: a bound of the quarantine is reached";
        return;
    }
    t->verdict = NULL;
    refuse(t, answer, "4.3.0", "the message could not be kept; try again");
}

/* A message that its inspector could not bear is deferred, whatever the rules say; kept for study when it may be to blame. */
static void judge_failure(struct transaction *t, struct answer *answer)
{
    struct str why = STR_EMPTY;

    str_printf(&why, "not inspected: %.*s", SPAN_ARG(content_failure(t->deciding.message)));
    t->verdict = NULL;
    refuse(t, answer, "4.3.0", "the message could not be inspected; try again");
    t->note = arena_strdup(t->arena, str_cstr(&why));
    if (content_tried(t->deciding.message))
        keep_study(t, t->note);
    str_clear(&why);
}

void transaction_judge(struct transaction *t, const char *queue_id, struct answer *answer_r)
{
    t->judging_us = clock_mono_us();
    snprintf(t->queue_id, sizeof t->queue_id, "%s", queue_id);
    if (!t->session->is_trial)
        decisions_reserve(t->gate->decisions, &t->ticket);
    answer_continue(answer_r);
    if (!judge_begin(t, answer_r))
        return;
    if (t->session->path == PATH_RELEASE) {
        judge_release(t, answer_r);
        return;
    }
    learn_message(t);
    ask_rules(t);
    if (content_failed(t->deciding.message))
        judge_failure(t, answer_r);
    else
        carry_out(t, answer_r);
}

void transaction_conclude(struct transaction *t, const struct answer *answer)
{
    verdict_log_message(t, answer);
}
