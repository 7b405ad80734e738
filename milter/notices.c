/* notices.c - a decision as the notice that policyd gets of it. */
#include <stdlib.h>
#include "base/clock.h"
#include "control/notice.h"
#include "control/protocol.h"
#include "engine/record.h"
#include "milter/charges.h"
#include "milter/notices.h"

#define TEXT_MAX    320 /* bytes of one text; addresses are shorter */
#define REASONS_MAX 100
#define NAMES_MAX   8000 /* bytes of domains in one part, before escaping */

static void set_text(json_t *notice, const char *key, struct span text)
{
    if (text.len > TEXT_MAX)
        text.len = TEXT_MAX;
    if (text.len > 0)
        json_object_set_new(notice, key, control_text(text));
}

static void set_fact(json_t *notice, const char *key, struct transaction *t,
                     const struct facts *facts, enum fact_id id)
{
    set_text(notice, key, record_text(t->arena, facts, id));
}

static json_t *notice_new(const char *what, int part)
{
    return json_pack("{s:s,s:i,s:I}", "what", what, "part", part, "time",
                     (json_int_t)clock_now_ms());
}

static void add_envelope(json_t *notice, struct transaction *t)
{
    const struct facts *facts = t->deciding.message;

    set_fact(notice, "path", t, facts, FACT_PATH);
    set_fact(notice, "country", t, facts, FACT_CLIENT_COUNTRY);
    set_fact(notice, "user", t, facts, FACT_AUTH_USER);
    set_fact(notice, "sender", t, facts, FACT_SENDER);
    set_text(notice, "client", span_of(t->session->client_text));
}

static const struct ruleset *rules_of(const struct transaction *t)
{
    return t->deciding.snapshot != NULL ? t->deciding.snapshot->rules : NULL;
}

static void add_outcome(json_t *notice, const struct ruleset *rules,
                        const struct outcome *outcome)
{
    json_t *reasons = json_array();

    for (size_t i = 0; rules != NULL && outcome != NULL && i < outcome->reason_count; i++) {
        const struct reason *reason = &outcome->reasons[i];
        if ((reason->what == REASON_APPLIED || reason->what == REASON_WARNED) &&
            json_array_size(reasons) < REASONS_MAX)
            json_array_append_new(reasons, control_text(rules->rules[reason->rule].name));
    }
    json_object_set_new(notice, "reasons", reasons);
    if (rules != NULL && outcome != NULL && outcome->rule >= 0)
        set_text(notice, "rule", rules->rules[outcome->rule].name);
}

static int compare(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Each once, sorted; in the transaction's arena. */
static size_t domains_of(struct transaction *t, struct span **domains_r)
{
    size_t count = t->deciding.recipient_count, kept = 0;
    struct span *domains = arena_array(t->arena, count + 1, sizeof *domains);

    for (size_t i = 0; i < count; i++)
        domains[i] = record_text(t->arena, t->deciding.recipients[i], FACT_RECIPIENT_DOMAIN);
    qsort(domains, count, sizeof *domains, compare);
    for (size_t i = 0; i < count; i++)
        if (domains[i].len > 0 && (kept == 0 || !span_equal(domains[kept - 1], domains[i])))
            domains[kept++] = domains[i];
    *domains_r = domains;
    return kept;
}

static void send(json_t **notice)
{
    notice_send(*notice);
    json_decref(*notice);
    *notice = NULL;
}

/* What statistics of a domain need, in every part that names some. */
static json_t *next_part(const json_t *notice, size_t part)
{
    json_t *next = notice_new("message", (int)part);

    json_object_set(next, "verdict", json_object_get(notice, "verdict"));
    json_object_set(next, "bytes", json_object_get(notice, "bytes"));
    return next;
}

/* The list goes into this notice, and what does not fit into further parts. */
static void send_with_domains(json_t *notice, const struct span *domains, size_t count)
{
    json_t *names = json_array();
    size_t bytes = 0;

    json_object_set(notice, "domains", names);
    for (size_t i = 0, part = 0; i < count; i++) {
        bytes += domains[i].len;
        if (bytes > NAMES_MAX) {
            json_t *next = next_part(notice, ++part);
            send(&notice);
            notice = next;
            json_decref(names);
            json_object_set(notice, "domains", names = json_array());
            bytes = domains[i].len;
        }
        json_array_append_new(names, control_text(domains[i]));
    }
    json_decref(names);
    send(&notice);
}

static void add_direction(json_t *notice, struct transaction *t)
{
    if (t->deciding.recipient_count > 0)
        set_fact(notice, "direction", t, t->deciding.recipients[0], FACT_DIRECTION);
}

void notices_message(struct transaction *t, enum disposition disposition,
                     const struct outcome *outcome)
{
    struct span *domains;
    size_t count;
    json_t *notice;

    if (t->session->is_trial)
        return;
    count = domains_of(t, &domains);
    notice = notice_new("message", 0);
    add_envelope(notice, t);
    add_direction(notice, t);
    add_outcome(notice, rules_of(t), outcome);
    set_text(notice, "verdict", span_of(names_name(disposition_names, (int)disposition)));
    json_object_set_new(notice, "bytes", json_integer((json_int_t)t->message.size));
    json_object_set_new(notice, "recipients",
                        json_integer((json_int_t)t->deciding.recipient_count));
    if (t->judging_us > 0)
        json_object_set_new(notice, "latency_us",
                            json_integer((json_int_t)(clock_mono_us() - t->judging_us)));
    send_with_domains(notice, domains, count);
    charges_tell(t, disposition);
}

void notices_refused(struct transaction *t, size_t recipient, const struct outcome *outcome)
{
    const struct facts *facts = t->deciding.recipients[recipient];
    json_t *notice = notice_new("refused", 0);
    struct span domain = record_text(t->arena, facts, FACT_RECIPIENT_DOMAIN);

    add_envelope(notice, t);
    set_fact(notice, "direction", t, facts, FACT_DIRECTION);
    add_outcome(notice, rules_of(t), outcome);
    set_text(notice, "verdict",
             span_of(names_name(disposition_names, (int)outcome->disposition)));
    json_object_set_new(notice, "recipients", json_integer(1));
    send_with_domains(notice, &domain, domain.len > 0 ? 1 : 0);
}

void notices_quarantine(struct span id, const char *state)
{
    json_t *notice = notice_new("quarantine", 0);

    set_text(notice, "id", id);
    set_text(notice, "state", span_of(state));
    send(&notice);
}
