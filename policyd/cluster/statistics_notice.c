/* statistics_notice.c - what others say, as an event: every part of it is checked. */
#include "policyd/cluster/statistics_notice.h"
#include "base/clock.h"
#include "base/sinks.h"
#include "base/xalloc.h"
#include "engine/record.h"
#include "policyd/cluster/statistics.h"

static const struct {
    const char *what;
    enum event_kind kind;
} kinds[] = {{"message", EVENT_MESSAGE}, {"refused", EVENT_REFUSED}};

static struct span text_of(const json_t *value)
{
    return json_is_string(value)
               ? span_from(json_string_value(value), json_string_length(value))
               : SPAN("");
}

static struct span text_at(const json_t *notice, const char *key)
{
    return text_of(json_object_get(notice, key));
}

static uint64_t number_at(const json_t *notice, const char *key)
{
    json_int_t number = json_integer_value(json_object_get(notice, key));

    return number > 0 ? (uint64_t)number : 0;
}

/* The non-empty texts of a list, each at most once in a notice; xfree it. */
static struct span *texts_at(const json_t *notice, const char *key, size_t *count_r)
{
    const json_t *list = json_object_get(notice, key);
    size_t all = json_array_size(list), count = 0;
    struct span *texts;

    all = all < STATISTICS_MAX_NAMES ? all : STATISTICS_MAX_NAMES;
    texts = xcalloc(all + 1, sizeof *texts);
    for (size_t i = 0; i < all; i++) {
        texts[count] = text_of(json_array_get(list, i));
        count += texts[count].len > 0;
    }
    *count_r = count;
    return texts;
}

static bool kind_of(const json_t *notice, enum event_kind *kind_r)
{
    struct span what = text_at(notice, "what");

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!span_is(what, kinds[i].what))
            continue;
        *kind_r = kinds[i].kind;
        if (number_at(notice, "part") == 0)
            return true;
        *kind_r = EVENT_MORE_DOMAINS;
        return kinds[i].kind == EVENT_MESSAGE && json_object_get(notice, "domains") != NULL;
    }
    return false;
}

void statistics_notice(const json_t *notice)
{
    struct event event = {.path = text_at(notice, "path"),
                          .direction = text_at(notice, "direction"),
                          .verdict = text_at(notice, "verdict"),
                          .rule = text_at(notice, "rule"),
                          .country = text_at(notice, "country"),
                          .client = text_at(notice, "client"),
                          .sender = text_at(notice, "sender"),
                          .recipients = number_at(notice, "recipients"),
                          .bytes = number_at(notice, "bytes"),
                          .latency_us = number_at(notice, "latency_us")};
    struct span *reasons, *domains;

    if (!kind_of(notice, &event.kind) || span_is(event.path, "release"))
        return;
    event.reasons = reasons = texts_at(notice, "reasons", &event.reason_count);
    event.domains = domains = texts_at(notice, "domains", &event.domain_count);
    statistics_event(&event, (int64_t)number_at(notice, "time"));
    xfree(&reasons);
    xfree(&domains);
}

/* Facts may hold any bytes. */
static struct span clean(struct arena *arena, struct span text)
{
    struct str valid = STR_EMPTY;
    struct span copy;

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] > ' ' && text.ptr[i] <= '~')
            continue;
        sink_utf8(&valid, text);
        copy = arena_span(arena, str_span(&valid));
        str_clear(&valid);
        return copy;
    }
    return text;
}

static struct span fact_text(struct arena *arena, const struct facts *facts, enum fact_id id)
{
    return clean(arena, record_text(arena, facts, id));
}

static struct span *reasons_of(struct arena *arena, const struct ruleset *rules,
                               const struct outcome *outcome, size_t *count_r)
{
    struct span *reasons = arena_array(arena, outcome->reason_count + 1, sizeof *reasons);

    *count_r = 0;
    for (size_t i = 0; i < outcome->reason_count && *count_r < STATISTICS_MAX_NAMES; i++)
        if (outcome->reasons[i].what == REASON_APPLIED ||
            outcome->reasons[i].what == REASON_WARNED)
            reasons[(*count_r)++] = rules->rules[outcome->reasons[i].rule].name;
    return reasons;
}

void statistics_request(const struct snapshot *snapshot, const struct facts_view *facts,
                        const struct outcome *outcome, int64_t took_us)
{
    struct arena *arena = arena_new();
    const struct ruleset *rules = snapshot->rules;
    struct event event = {
        .kind = EVENT_REQUEST,
        .path = fact_text(arena, facts->message, FACT_PATH),
        .direction = fact_text(arena, facts->recipient, FACT_DIRECTION),
        .verdict = span_of(names_name(disposition_names, (int)outcome->disposition)),
        .rule = outcome->rule >= 0 ? rules->rules[outcome->rule].name : SPAN(""),
        .country = fact_text(arena, facts->message, FACT_CLIENT_COUNTRY),
        .client = fact_text(arena, facts->message, FACT_CLIENT_IP),
        .sender = fact_text(arena, facts->message, FACT_SENDER),
        .latency_us = took_us > 0 ? (uint64_t)took_us : 1};
    struct span domain = fact_text(arena, facts->recipient, FACT_RECIPIENT_DOMAIN);

    event.reasons = reasons_of(arena, rules, outcome, &event.reason_count);
    event.domains = &domain;
    event.domain_count = domain.len > 0;
    statistics_event(&event, clock_now_ms());
    arena_free(&arena);
}
