/* keep.c - puts messages into quarantine with all that is known of them. */
#include <pthread.h>
#include "base/hash.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/record.h"
#include "milter/keep.h"
#include "milter/notices.h"
#include "rules/explain.h"

#define STUDY_MEMORY 256 /* messages remembered as kept for study */

static struct span header_span(struct transaction *t, enum header_kind kind)
{
    struct str text = STR_EMPTY;
    struct span copy = span_of("");

    if (message_header_text(&t->message, kind, &text))
        copy = arena_span(t->arena, str_span(&text));
    str_clear(&text);
    return copy;
}

static void fill_who(struct quarantine_entry *entry, struct transaction *t)
{
    const struct facts *facts = t->deciding.message;

    entry->node = span_of(t->gate->settings->node_name);
    entry->path = record_text(t->arena, facts, FACT_PATH);
    entry->client = span_of(t->session->client_text);
    entry->client_name = record_text(t->arena, facts, FACT_CLIENT_NAME);
    entry->helo = record_text(t->arena, facts, FACT_HELO_NAME);
    entry->auth_user = record_text(t->arena, facts, FACT_AUTH_USER);
    entry->queue_id = span_of(t->queue_id);
    entry->message_id = header_span(t, HEADER_MESSAGE_ID);
    entry->from = header_span(t, HEADER_FROM);
    entry->subject = header_span(t, HEADER_SUBJECT);
    entry->code = span_of(t->ticket.code);
    entry->revision = t->deciding.snapshot != NULL ? t->deciding.snapshot->revision : 0;
}

struct span keep_bare_path(const char *path)
{
    struct span s = span_trim(span_of(path));

    if (s.len >= 2 && s.ptr[0] == '<' && s.ptr[s.len - 1] == '>')
        s = span_from(s.ptr + 1, s.len - 2);
    return s;
}

static void fill_envelope(struct quarantine_entry *entry, struct transaction *t)
{
    struct span *recipients =
        arena_array(t->arena, t->deciding.recipient_count + 1, sizeof *recipients);

    entry->sender = keep_bare_path(t->sender);
    for (size_t i = 0; i < t->deciding.recipient_count; i++)
        if (t->verdict == NULL || verdict_stores_for(t->verdict, i))
            recipients[entry->recipient_count++] = keep_bare_path(t->recipients[i]);
    entry->recipients = recipients;
}

static void fill_reason(struct quarantine_entry *entry, struct transaction *t)
{
    const struct outcome *outcome = t->verdict->deciding;
    const struct ruleset *rules = t->deciding.snapshot->rules;
    struct str reasons = STR_EMPTY;

    explain_outcome(&reasons, rules, outcome);
    entry->reasons = arena_span(t->arena, str_span(&reasons));
    str_clear(&reasons);
    if (outcome->rule >= 0)
        entry->rule = rules->rules[outcome->rule].name;
    entry->reason =
        outcome->quarantine_reason.len > 0 ? outcome->quarantine_reason : outcome->text;
}

static const char *kind_of(const struct verdict *verdict)
{
    if (verdict->keeps_delivering)
        return verdict->stores_partly ? "partial" : "keep";
    return verdict->whole == DISPOSITION_REJECT ? "reject" : "quarantine";
}

static enum quarantine_put keep(struct transaction *t, const struct quarantine_entry *entry,
                                struct err *err)
{
    enum quarantine_put result =
        quarantine_put(t->gate->quarantine, entry, t->message.fd, t->quarantine_id, err);

    if (result == QUARANTINE_STORED)
        notices_quarantine(span_of(t->quarantine_id), "held");
    return result;
}

int keep_verdict(struct transaction *t, struct err *err)
{
    struct quarantine_entry entry = {0};

    if (t->session->is_trial || t->verdict == NULL || !t->verdict->wants_quarantine)
        return 0;
    fill_who(&entry, t);
    fill_envelope(&entry, t);
    fill_reason(&entry, t);
    entry.kind = span_of(kind_of(t->verdict));
    return (int)keep(t, &entry, err);
}

/* True the first time a message with this sender, Message-ID and size is seen. */
static bool is_new_to_study(struct transaction *t)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t seen[STUDY_MEMORY];
    static size_t next;
    const uint64_t seed[2] = {1, 2}; /* a clash costs one study copy */
    struct str key = STR_EMPTY;
    struct span id = header_span(t, HEADER_MESSAGE_ID);
    bool is_new = true;
    uint64_t hash;

    str_printf(&key, "%s %llu ", t->sender, (unsigned long long)t->message.size);
    str_add(&key, id);
    hash = hash_table64(seed, str_span(&key));
    str_clear(&key);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < STUDY_MEMORY; i++)
        is_new = is_new && seen[i] != hash;
    if (is_new)
        seen[next++ % STUDY_MEMORY] = hash;
    pthread_mutex_unlock(&lock);
    return is_new;
}

void keep_study(struct transaction *t, const char *reason)
{
    struct quarantine_entry entry = {0};
    struct err err;

    err_reset(&err);
    if (t->session->is_trial || !is_new_to_study(t))
        return;
    fill_who(&entry, t);
    fill_envelope(&entry, t);
    entry.kind = SPAN("study");
    entry.reason = span_of(reason);
    if (keep(t, &entry, &err) != QUARANTINE_STORED)
        log_write(LOG_LEVEL_WARN, t->queue_id, "not kept for study: %s", err.text);
}
