/* transaction.c - one transaction from MAIL to the last header and body byte. */
#include <stdio.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "engine/arrival.h"
#include "engine/drain.h"
#include "engine/staging.h"
#include "facts/derive.h"
#include "mail/address.h"
#include "milter/authentication.h"
#include "milter/keep.h"
#include "milter/transaction.h"
#include "milter/verdict_log.h"
#include "milter/wait.h"

/* NULL: written in a way that only the MTA can read, and it does not say how. */
static const char *path_text(struct arena *arena, struct smtp_path path)
{
    if (address_is_plain(span_of(path.given)))
        return path.given;
    if (path.read == NULL || path.read[0] == '\0')
        return NULL;
    return arena_printf(arena, "<%s>", path.read);
}

/* ESMTP parameters of MAIL: only SIZE is a fact. */
static void learn_declared_size(struct facts *facts, char *const *arguments)
{
    uint64_t size;

    facts_set_absent(facts, FACT_MESSAGE_DECLARED_SIZE);
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
        struct span argument = span_of(arguments[i]);
        if (!span_istarts(argument, SPAN("SIZE=")))
            continue;
        argument = span_skip(argument, 5);
        if (span_to_u64(argument, INT64_MAX, &size) && size > 0)
            facts_set_number(facts, FACT_MESSAGE_DECLARED_SIZE, (int64_t)size);
    }
}

static void learn_mail(struct transaction *t, char *const *arguments, struct facts *of_mail)
{
    struct facts *facts = t->deciding.message;

    facts_merge(facts, t->session->facts);
    facts_merge(facts, of_mail);
    if (t->session->path == 0)
        facts_set_absent(facts, FACT_PATH);
    else
        facts_set_number(facts, FACT_PATH, t->session->path);
    facts_set_path(facts, FACT_SENDER, span_of(t->sender));
    learn_declared_size(facts, arguments);
    arrival_learn(facts, t->begun);
    staging_learn(facts);
    facts_derive(facts);
}

struct transaction *transaction_new(struct session *session, struct smtp_path sender,
                                    char *const *arguments, struct facts *of_mail)
{
    struct transaction *t = xcalloc(1, sizeof *t);
    const char *text;

    t->session = session;
    t->gate = session->gate;
    t->arena = arena_new();
    t->begun = clock_now_ms();
    t->mark_path = session->path;
    text = path_text(t->arena, sender);
    t->sender = arena_strdup(t->arena, text != NULL ? text : sender.given);
    t->deciding = (struct deciding){.arena = t->arena,
                                    .snapshot = snapshot_pin(),
                                    .chain = CHAIN_FILTER,
                                    .message = facts_new(),
                                    .message_fd = -1,
                                    .mailbox = mailbox_new()};
    t->deciding.sender = keep_bare_path(t->sender);
    learn_mail(t, arguments, of_mail);
    t->is_sender_bad =
        text == NULL || (!address_is_plain(span_of(sender.given)) &&
                         facts_get(t->deciding.message, FACT_SENDER)->state == FACT_UNKNOWN);
    facts_free(&of_mail);
    message_begin(&t->message, t->arena, (uint64_t)t->gate->settings->message_max_bytes);
    atomic_fetch_add(&t->gate->transactions, 1);
    authentication_mail(t);
    return t;
}

void transaction_free(struct transaction **transaction)
{
    struct transaction *t = *transaction;

    *transaction = NULL;
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->deciding.recipient_count; i++)
        facts_free(&t->deciding.recipients[i]);
    facts_free(&t->deciding.message);
    mailbox_unpin(&t->deciding.mailbox);
    snapshot_unpin(&t->deciding.snapshot);
    message_end(&t->message);
    if (t->is_accepted)
        atomic_fetch_sub(&t->gate->accepted, 1);
    atomic_fetch_sub(&t->gate->transactions, 1);
    arena_free(&t->arena);
    xfree(&t);
}

static void grow_recipients(struct transaction *t)
{
    size_t count = t->deciding.recipient_count;
    size_t room = t->recipient_room == 0 ? 16 : t->recipient_room * 2;
    struct facts **facts;
    char **recipients;

    if (count < t->recipient_room)
        return;
    facts = arena_array(t->arena, room, sizeof *facts);
    recipients = arena_array(t->arena, room, sizeof *recipients);
    for (size_t i = 0; i < count; i++) {
        facts[i] = t->deciding.recipients[i];
        recipients[i] = t->recipients[i];
    }
    t->deciding.recipients = facts;
    t->recipients = recipients;
    t->recipient_room = room;
}

/* What the local part, a route or a comment may hide: better taken for a route once too often. */
static bool may_route(struct span given)
{
    struct span rest = given, part;
    size_t ats = 0;

    while (span_cut(&rest, '@', &part))
        ats += rest.ptr != NULL;
    return ats > 1 || memchr(given.ptr, '%', given.len) != NULL ||
           memchr(given.ptr, '!', given.len) != NULL;
}

static size_t add_recipient(struct transaction *t, const char *recipient, const char *given)
{
    size_t index = t->deciding.recipient_count;
    struct facts *facts = facts_new();

    if (!t->is_accepted)
        atomic_fetch_add(&t->gate->accepted, 1);
    t->is_accepted = true;
    grow_recipients(t);
    facts_set_path(facts, FACT_RECIPIENT, span_of(recipient));
    if (recipient != given && may_route(span_of(given)))
        facts_set_number(facts, FACT_RECIPIENT_ROUTED, true);
    facts_derive(facts);
    snapshot_learn_routing(t->deciding.snapshot, facts);
    t->recipients[index] = arena_strdup(t->arena, recipient);
    t->deciding.recipients[index] = facts;
    t->deciding.recipient_count++;
    return index;
}

static void drop_last_recipient(struct transaction *t)
{
    facts_free(&t->deciding.recipients[--t->deciding.recipient_count]);
}

/* What can already be refused is; nothing is accepted early. */
static void judge_recipient(struct transaction *t, size_t index, struct answer *answer_r)
{
    const struct outcome *outcome = NULL;
    enum decide_state state;

    t->deciding.deadline = clock_mono_ms() + t->gate->settings->rcpt_deadline;
    while ((state = decide_recipient(&t->deciding, index, STAGE_RCPT, &outcome)) == DECIDE_WAIT)
        (void)wait_for(t->deciding.mailbox, t->deciding.deadline);
    if (state != DECIDE_DONE ||
        (outcome->disposition != DISPOSITION_REJECT &&
         outcome->disposition != DISPOSITION_DEFER) ||
        outcome->wants_quarantine)
        return;
    verdict_log_recipient(t, index, outcome, answer_r);
    drop_last_recipient(t);
}

/* Of sendmail(1) nothing may be answered at RCPT: the whole message is deferred at its end. */
static void refuse_too_many(struct transaction *t, struct answer *answer_r)
{
    if (t->session->path == PATH_LOCAL)
        t->message.fault = "more recipients than recipients_max";
    else
        answer_refuse(answer_r, 452, "4.5.3", "too many recipients", "");
}

/* Recipient or sender not readable: the rules could not be asked about whoever it means, and its removal might remove nobody. */
static void take_recipient(struct transaction *t, struct smtp_path recipient,
                           struct answer *answer_r)
{
    const char *text = path_text(t->arena, recipient);
    size_t index = add_recipient(t, text != NULL ? text : recipient.given, recipient.given);
    const struct facts *facts = t->deciding.recipients[index];

    if (t->session->path == PATH_LOCAL || t->session->path == PATH_RELEASE)
        return;
    if (t->is_sender_bad)
        answer_refuse(answer_r, 501, "5.1.7", "bad sender address; write <local-part@domain>",
                      "");
    else if (text == NULL || facts_get(facts, FACT_RECIPIENT)->state == FACT_UNKNOWN)
        answer_refuse(answer_r, 501, "5.1.3",
                      "bad recipient address; write <local-part@domain>", "");
    if (answer_r->kind == ANSWER_CONTINUE)
        judge_recipient(t, index, answer_r);
    else
        drop_last_recipient(t);
}

void transaction_rcpt(struct transaction *t, struct smtp_path recipient,
                      struct answer *answer_r)
{
    const struct settings *settings = t->gate->settings;

    answer_continue(answer_r);
    if (t->deciding.recipient_count >= (size_t)settings->recipients_max) {
        refuse_too_many(t, answer_r);
        return;
    }
    if (t->session->path != PATH_LOCAL) {
        if (atomic_load(&t->gate->is_draining))
            answer_refuse(answer_r, 421, "4.3.2", "service is ending; try again", "");
        else if (drain_is() && t->session->path != PATH_RELEASE)
            answer_refuse(answer_r, DRAIN_SMTP, DRAIN_DSN, DRAIN_TEXT, "");
        else if (t->deciding.snapshot == NULL)
            answer_refuse(answer_r, 451, "4.3.0", "no rules in force yet; try again", "");
        if (answer_r->kind != ANSWER_CONTINUE)
            return;
    }
    /* No snapshot, of sendmail(1): nothing is answered at RCPT; end of message defers. */
    if (t->deciding.snapshot != NULL)
        take_recipient(t, recipient, answer_r);
}

void transaction_header(struct transaction *t, struct span name, struct span value)
{
    message_header(&t->message, name, value);
}

void transaction_end_headers(struct transaction *t)
{
    message_end_headers(&t->message);
    authentication_headers(t);
}

void transaction_body(struct transaction *t, struct span chunk)
{
    message_body(&t->message, chunk);
}
