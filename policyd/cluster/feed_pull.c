/* One subject brought up to what Redis says: what is missing is read, judged, applied and kept; what does not fit is named and left. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/cluster.h"
#include "policyd/cluster/feed_inside.h"
#include "policyd/publish.h"

#define RETRY_MS                                                                               \
    60000 /* an entry that was refused is tried again, the disk may have been full */
#define PREPARE_MAX 10 /* entries looked at, newest first, for one that holds */

/* Applied, not yet in force; the feed's thread alone. */
static struct {
    size_t count;
    struct pending {
        const struct ledger_kind *kind;
        struct ledger_status status; /* what it is then */
    } * each;
    bool is_unpublished;
} pending;

/* Entries that were refused here, by subject. */
static struct {
    size_t count;
    struct refused {
        char subject[LEDGER_SUBJECT_MAX];
        char hash[ENVELOPE_HASH_SIZE];
        uint64_t applied;
        int64_t since_ms;
    } * each;
} refused;

static struct pending *find_pending(const char *subject)
{
    for (size_t i = 0; i < pending.count; i++)
        if (strcmp(pending.each[i].status.subject, subject) == 0)
            return &pending.each[i];
    return NULL;
}

static void add_pending(const struct pull *p)
{
    struct pending *each = find_pending(p->status.subject);

    if (each == NULL) {
        pending.each = xreallocarray(pending.each, pending.count + 1, sizeof *pending.each);
        each = &pending.each[pending.count++];
    }
    *each = (struct pending){p->kind, p->status};
    pending.is_unpublished |= p->kind->is_published;
}

/* What is on its way into force says so there; all else is said at once. */
static void conclude(const struct pull *p)
{
    struct pending *each = find_pending(p->status.subject);

    if (each != NULL)
        each->status = p->status;
    else
        ledger_table_set(&p->status);
}

bool feed_is_unpublished(void)
{
    return pending.is_unpublished;
}

bool feed_is_waiting(void)
{
    return pending.count > 0;
}

static bool is_in_force(const struct pending *each, bool is_published)
{
    if (!each->kind->is_published)
        return true;
    if (each->kind->is_in_force != NULL)
        return each->kind->is_in_force(span_of(each->status.subject));
    return is_published;
}

void feed_confirm(bool is_published)
{
    size_t kept = 0;

    if (is_published)
        pending.is_unpublished = false;
    for (size_t i = 0; i < pending.count; i++) {
        if (is_in_force(&pending.each[i], !pending.is_unpublished))
            ledger_table_set(&pending.each[i].status);
        else
            pending.each[kept++] = pending.each[i];
    }
    pending.count = kept;
}

void feed_forget(void)
{
    pending.count = 0;
    pending.is_unpublished = false;
    refused.count = 0;
}

static struct refused *find_refused(const char *subject)
{
    for (size_t i = 0; i < refused.count; i++)
        if (strcmp(refused.each[i].subject, subject) == 0)
            return &refused.each[i];
    return NULL;
}

static void note_refused(const struct pull *p)
{
    struct refused *r = find_refused(p->status.subject);

    if (r == NULL) {
        refused.each = xreallocarray(refused.each, refused.count + 1, sizeof *refused.each);
        r = &refused.each[refused.count++];
    }
    *r = (struct refused){.applied = p->tip.number, .since_ms = clock_mono_ms()};
    memcpy(r->subject, p->status.subject, sizeof r->subject);
    memcpy(r->hash, p->there->hash, sizeof r->hash);
}

/* The same head as lately, and nothing has changed here. */
static bool was_refused_lately(const struct pull *p)
{
    const struct refused *r = find_refused(p->status.subject);

    return r != NULL && strcmp(r->hash, p->there->hash) == 0 && r->applied == p->tip.number &&
           clock_mono_ms() - r->since_ms < RETRY_MS;
}

int pull_trouble(struct pull *p, enum ledger_state state, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    p->status.state = state;
    vsnprintf(p->status.why, sizeof p->status.why, fmt, args);
    va_end(args);
    if (state == LEDGER_REFUSED)
        note_refused(p);
    return -1;
}

/* Named by the head, not there: a base that came meanwhile has removed it, or somebody has. */
static int is_missing(struct pull *p, uint64_t number)
{
    struct ledger_head now;
    struct err err;

    if (ledger_redis_head(cluster_redis(), p->subject, &now, &err) < 0)
        return pull_trouble(p, LEDGER_BEHIND, "%s", err.text);
    if (strcmp(now.hash, p->there->hash) != 0) {
        feed_look();
        return pull_trouble(p, LEDGER_BEHIND, "another entry came meanwhile");
    }
    return pull_trouble(p, LEDGER_FORGED,
                        "Redis names entry %llu as the newest, but entry %llu is not there",
                        (unsigned long long)p->there->number, (unsigned long long)number);
}

int pull_judge(struct pull *p, struct span bytes, const struct ledger_expected *expected,
               struct envelope *e_r)
{
    struct err err;

    switch (ledger_verify(bytes, expected, e_r, &err)) {
    case LEDGER_IS_GOOD:
        if (e_r->number != p->there->number || strcmp(e_r->hash, p->there->hash) == 0)
            return 0;
        return pull_trouble(p, LEDGER_FORGED,
                            "Redis' head names another entry %llu than the one that is there",
                            (unsigned long long)e_r->number);
    case LEDGER_IS_FORK:
        return pull_trouble(p, LEDGER_FORK, "%s", err.text);
    default:
        return pull_trouble(p, LEDGER_FORGED, "%s", err.text);
    }
}

int pull_read(struct pull *p, uint64_t number, struct str *bytes, struct envelope *e_r)
{
    const struct ledger_expected expected = {p->subject, number, NULL};
    struct err err;
    size_t count;

    *e_r = (struct envelope){0};
    if (ledger_redis_run(p->subject, number, number, bytes, &count, &err) < 0)
        return pull_trouble(p, redis_is_up(cluster_redis()) ? LEDGER_FORGED : LEDGER_BEHIND,
                            "%s", err.text);
    return count == 0 ? is_missing(p, number) : pull_judge(p, str_span(bytes), &expected, e_r);
}

static int refuse(struct pull *p, const struct envelope *e, const struct err *why)
{
    return pull_trouble(p, LEDGER_REFUSED, "entry %llu by %.*s is not taken here: %s",
                        (unsigned long long)e->number, SPAN_ARG(e->author), why->text);
}

/* Its payload was not answered (no fault of the entry), or is not what it says. */
static int no_payload(struct pull *p, const struct err *why)
{
    return pull_trouble(p, redis_is_up(cluster_redis()) ? LEDGER_FORGED : LEDGER_BEHIND, "%s",
                        why->text);
}

/* The newest that may be put in force here; those above it are refused. */
static int choose_newest(struct pull *p)
{
    uint64_t lowest = p->to - p->from >= PREPARE_MAX ? p->to - PREPARE_MAX + 1 : p->from;
    int state = 1;

    for (uint64_t n = p->to; state == 1 && n >= lowest; n--) {
        struct str bytes = STR_EMPTY, own = STR_EMPTY;
        struct envelope e;
        struct span payload;
        struct err err;

        state = pull_read(p, n, &bytes, &e);
        if (state == 0 && ledger_payload(&e, &own, &payload, &err) < 0)
            state = no_payload(p, &err);
        if (state == 0 && p->kind->prepare(&e, payload, &err) < 0) {
            if (n == p->there->number)
                refuse(p, &e, &err);
            state = 1;
        }
        if (state == 0)
            p->to = n;
        envelope_clear(&e);
        str_clear(&bytes);
        str_clear(&own);
    }
    return state == 0 ? 0 : -1;
}

static int take(struct pull *p, struct span bytes, const struct envelope *e)
{
    struct str own = STR_EMPTY;
    struct ledger_head head;
    struct span payload;
    struct err err;
    int state = 0;

    if (ledger_payload(e, &own, &payload, &err) < 0)
        state = no_payload(p, &err);
    else if (p->kind->apply(e, payload, &err) < 0)
        state = refuse(p, e, &err);
    str_clear(&own);
    if (state < 0)
        return -1;
    ledger_head_of(e, &head);
    if (ledger_store_put(cluster_db(), &head, bytes, &err) < 0)
        return refuse(p, e, &err);
    p->tip = head;
    p->has_tip = true;
    p->status.applied = head.number;
    memcpy(p->status.hash, head.hash, sizeof p->status.hash);
    return 0;
}

static int take_run(struct pull *p, struct str *entries, size_t count)
{
    int state = 0;

    for (size_t i = 0; i < count && state == 0; i++) {
        const struct ledger_expected expected = {p->subject, p->from,
                                                 p->has_tip ? p->tip.hash : NULL};
        struct envelope e;

        state = pull_judge(p, str_span(&entries[i]), &expected, &e);
        if (state == 0)
            state = take(p, str_span(&entries[i]), &e);
        envelope_clear(&e);
        p->from++;
    }
    return state;
}

static int take_all(struct pull *p)
{
    int state = 0;

    while (state == 0 && p->from <= p->to) {
        struct str entries[LEDGER_RUN_MAX] = {STR_EMPTY};
        size_t count;
        struct err err;

        if (ledger_redis_run(p->subject, p->from, p->to, entries, &count, &err) < 0)
            state = no_payload(p, &err);
        else if (count == 0)
            state = is_missing(p, p->from);
        else
            state = take_run(p, entries, count);
        for (size_t i = 0; i < LEDGER_RUN_MAX; i++)
            str_clear(&entries[i]);
    }
    return state;
}

static void pull_missing(struct pull *p)
{
    uint64_t before = p->tip.number;

    p->to = p->there->number;
    if (pull_find_start(p) < 0)
        return;
    if (p->kind->prepare != NULL && choose_newest(p) < 0)
        return;
    if (p->kind->prepare != NULL) /* older revisions come first, and are not for publishing */
        publish_hold();
    take_all(p);
    if (p->kind->prepare != NULL)
        publish_release();
    if (p->tip.number != before)
        add_pending(p);
}

void feed_pull(const struct ledger_head *own, const struct ledger_head *there)
{
    struct pull p = {.own = own,
                     .there = there,
                     .subject = span_of(own != NULL ? own->subject : there->subject),
                     .has_tip = own != NULL};

    p.kind = ledger_kind_find(p.subject);
    if (p.kind == NULL)
        return; /* of a later release */
    p.status.state = LEDGER_IN_ORDER;
    snprintf(p.status.subject, sizeof p.status.subject, "%.*s", SPAN_ARG(p.subject));
    if (own != NULL) {
        p.tip = *own;
        p.status.applied = own->number;
        memcpy(p.status.hash, own->hash, sizeof p.status.hash);
    }
    p.status.head = there != NULL ? there->number : 0;
    if (there == NULL || (own != NULL && there->number <= own->number))
        pull_compare(&p);
    else if (!was_refused_lately(&p))
        pull_missing(&p);
    else
        return;
    conclude(&p);
}
