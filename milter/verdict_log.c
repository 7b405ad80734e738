/* verdict_log.c - one line a decision, and its record. */
#include <stdio.h>
#include "base/log.h"
#include "base/str.h"
#include "engine/record.h"
#include "milter/notices.h"
#include "milter/verdict_log.h"
#include "rules/explain.h"

#define LINE_RECIPIENTS 3 /* named in the log line; the record holds them all */

static void add_envelope(struct str *line, struct transaction *t)
{
    struct span path = record_text(t->arena, t->deciding.message, FACT_PATH);
    struct span sender = record_text(t->arena, t->deciding.message, FACT_SENDER);
    const char *client = t->session->client_text;

    str_printf(line, "path=%.*s client=%s", SPAN_ARG(path.len > 0 ? path : SPAN("-")),
               client[0] != '\0' ? client : "-");
    record_add_address(line, "from", sender);
}

static void add_recipients(struct str *line, struct transaction *t)
{
    size_t count = t->deciding.recipient_count;

    for (size_t i = 0; i < count && i < LINE_RECIPIENTS; i++)
        record_add_address(line, "to",
                           record_text(t->arena, t->deciding.recipients[i], FACT_RECIPIENT));
    if (count > LINE_RECIPIENTS)
        str_printf(line, " and %zu more", count - LINE_RECIPIENTS);
}

/* As far as it was learnt. What DMARC refuses is refused for the domain of From, which the envelope does not tell. */
static void add_authentication(struct str *line, struct transaction *t)
{
    static const struct name_value shown[] = {
        {"spf", FACT_SPF}, {"dkim", FACT_DKIM}, {"dmarc", FACT_DMARC}, {NULL, 0}};
    struct span domain = record_text(t->arena, t->deciding.message, FACT_DMARC_DOMAIN);

    for (const struct name_value *at = shown; at->name != NULL; at++) {
        struct span text = record_text(t->arena, t->deciding.message, (enum fact_id)at->value);
        if (text.len > 0)
            str_printf(line, " %s=%.*s", at->name, SPAN_ARG(text));
    }
    if (domain.len > 0)
        record_add_address(line, "header.from", domain);
}

static void log_outcome(struct transaction *t, struct str *line, const struct outcome *outcome)
{
    if (outcome != NULL && t->deciding.snapshot != NULL) {
        str_addc(line, ' ');
        explain_line(line, t->deciding.snapshot->rules, outcome);
        for (size_t i = 0; i < outcome->log_count; i++)
            record_add_words(line, "log", outcome->logs[i]);
    }
    log_info("%s", str_cstr(line));
}

/* What the client was told, codes and all; empty when it was told nothing but 250. */
static void add_reply(struct str *out, const struct answer *answer)
{
    if (answer->smtp != 0)
        str_printf(out, "%d %s ", answer->smtp, answer->dsn);
    str_adds(out, answer->text);
}

static void log_recipient(struct transaction *t, size_t recipient,
                          const struct outcome *outcome, const char *code)
{
    struct span to = record_text(t->arena, t->deciding.recipients[recipient], FACT_RECIPIENT);
    struct str line = STR_EMPTY;

    add_envelope(&line, t);
    record_add_address(&line, "to", to);
    str_printf(&line, " verdict=%s code=%s",
               names_name(disposition_names, (int)outcome->disposition), code);
    log_outcome(t, &line, outcome);
    str_clear(&line);
}

void verdict_log_recipient(struct transaction *t, size_t recipient,
                           const struct outcome *outcome, struct answer *answer_r)
{
    struct decision_facts of = {.snapshot = t->deciding.snapshot,
                                .message = t->deciding.message,
                                .recipients = &t->deciding.recipients[recipient],
                                .recipient_count = 1,
                                .disposition = outcome->disposition,
                                .outcome = outcome};
    struct decision_ticket ticket = {.code = ""};
    struct str reply = STR_EMPTY;

    if (!t->session->is_trial)
        decisions_reserve(t->gate->decisions, &ticket);
    answer_outcome(answer_r, outcome->disposition, outcome, ticket.code);
    if (t->session->is_trial)
        return;
    add_reply(&reply, answer_r);
    of.reply = str_span(&reply);
    atomic_fetch_add(outcome->disposition == DISPOSITION_REJECT ? &t->gate->recipients_rejected
                                                                : &t->gate->recipients_deferred,
                     1);
    log_recipient(t, recipient, outcome, ticket.code);
    notices_refused(t, recipient, outcome);
    record_put(t->gate->decisions, &ticket, &of);
    str_clear(&reply);
}

static void count_verdict(struct gate *gate, enum disposition disposition)
{
    atomic_fetch_add(&gate->messages, 1);
    if (disposition == DISPOSITION_REJECT)
        atomic_fetch_add(&gate->rejected, 1);
    else if (disposition == DISPOSITION_DEFER)
        atomic_fetch_add(&gate->deferred, 1);
    else if (disposition == DISPOSITION_QUARANTINE)
        atomic_fetch_add(&gate->quarantined, 1);
}

/* A loop is for somebody to mend: a warning, once for each message that is stopped. */
static void warn_of_loop(struct transaction *t)
{
    if (!t->loop.is_certain)
        return;
    atomic_fetch_add(&t->gate->loops, 1);
    log_write(LOG_LEVEL_WARN, t->queue_id,
              "routing loop: this message passed %s on path %s at %lld already, for the same "
              "recipients (pass %u now)",
              t->loop.first.node, t->loop.first.path, (long long)t->loop.first.time,
              t->loop.passes + 1);
}

static enum disposition final_disposition(const struct transaction *t,
                                          const struct answer *answer)
{
    switch (answer->kind) {
    case ANSWER_REJECT:
        return DISPOSITION_REJECT;
    case ANSWER_DEFER:
        return DISPOSITION_DEFER;
    case ANSWER_HOLD:
        return DISPOSITION_HOLD;
    case ANSWER_DISCARD:
        return t->quarantine_id[0] != '\0' ? DISPOSITION_QUARANTINE : DISPOSITION_DISCARD;
    case ANSWER_CONTINUE:
        break;
    }
    return DISPOSITION_DELIVER;
}

static void log_message(struct transaction *t, enum disposition disposition,
                        const struct outcome *outcome)
{
    struct str line = STR_EMPTY;

    str_printf(&line, "%s: ", t->queue_id[0] != '\0' ? t->queue_id : "-");
    add_envelope(&line, t);
    add_recipients(&line, t);
    str_printf(&line, " size=%llu", (unsigned long long)t->message.size);
    add_authentication(&line, t);
    str_printf(&line, " verdict=%s code=%s", names_name(disposition_names, (int)disposition),
               t->ticket.code);
    if (t->quarantine_id[0] != '\0')
        str_printf(&line, " quarantine=%s", t->quarantine_id);
    if (t->note != NULL)
        str_printf(&line, " note=\"%s\"", t->note);
    log_outcome(t, &line, outcome);
    str_clear(&line);
}

void verdict_log_message(struct transaction *t, const struct answer *answer)
{
    enum disposition disposition = final_disposition(t, answer);
    const struct outcome *outcome = t->verdict != NULL ? t->verdict->deciding : NULL;
    struct decision_facts of = {.snapshot = t->deciding.snapshot,
                                .message = t->deciding.message,
                                .recipients = t->deciding.recipients,
                                .recipient_count = t->deciding.recipient_count,
                                .disposition = disposition,
                                .outcome = outcome,
                                .queue_id = span_of(t->queue_id),
                                .note = span_of(t->note)};
    struct str reply = STR_EMPTY;

    count_verdict(t->gate, disposition);
    warn_of_loop(t);
    log_message(t, disposition, outcome);
    notices_message(t, disposition, outcome);
    add_reply(&reply, answer);
    of.reply = str_span(&reply);
    record_put(t->gate->decisions, &t->ticket, &of);
    str_clear(&reply);
}
