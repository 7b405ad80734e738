/* What this node has of each subject and what Redis says: kept for all to ask, each change of state said once in the log. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "policyd/cluster/ledger_inside.h"
#include "policyd/cluster/membership.h"
#include "policyd/health.h"

#define UNKNOWN_MS 1000 /* between two lines about subjects that this node has nothing of */

const struct name_value ledger_state_names[] = {
    {"in order", LEDGER_IN_ORDER}, {"behind", LEDGER_BEHIND},
    {"refused", LEDGER_REFUSED},   {"forged", LEDGER_FORGED},
    {"fork", LEDGER_FORK},         {"old", LEDGER_OLD},
    {"empty", LEDGER_EMPTY},       {NULL, 0}};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool has_cond;
    size_t count;
    struct ledger_status *each;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What `milter-ctl status` groups them by. */
static const struct group {
    const char *prefix, *health;
} groups[] = {
    {"rules", "cluster rules"},     {"list/", "cluster lists"},
    {"domains", "cluster domains"}, {"members", "cluster members"},
    {"canary", "cluster canary"},   {NULL, NULL},
};

static bool is_bad(const struct ledger_status *s)
{
    return s->state != LEDGER_IN_ORDER && s->state != LEDGER_BEHIND;
}

/* The condition needs the clock of deadlines, which no initialiser can give. */
static void make_cond(void)
{
    pthread_condattr_t attributes;

    if (table.has_cond)
        return;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&table.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    table.has_cond = true;
}

static struct ledger_status *find(struct span subject)
{
    for (size_t i = 0; i < table.count; i++)
        if (span_is(subject, table.each[i].subject))
            return &table.each[i];
    return NULL;
}

static struct ledger_status *find_or_add(struct span subject)
{
    struct ledger_status *s = find(subject);

    if (s != NULL)
        return s;
    table.each = xreallocarray(table.each, table.count + 1, sizeof *table.each);
    s = &table.each[table.count++];
    *s = (struct ledger_status){.state = LEDGER_IN_ORDER};
    snprintf(s->subject, sizeof s->subject, "%.*s", SPAN_ARG(subject));
    return s;
}

/* The first that is in trouble, and how many more. */
static void note_group(const struct group *group)
{
    const struct ledger_status *first = NULL;
    char text[HEALTH_TEXT] = "";
    size_t more = 0;

    for (size_t i = 0; i < table.count; i++) {
        const struct ledger_status *s = &table.each[i];

        if (!span_starts(span_of(s->subject), span_of(group->prefix)) || !is_bad(s))
            continue;
        more += first != NULL;
        first = first != NULL ? first : s;
    }
    if (first != NULL && more > 0)
        snprintf(text, sizeof text, "%.60s %s: %.380s (and %zu more)", first->subject,
                 names_name(ledger_state_names, (int)first->state), first->why, more);
    else if (first != NULL)
        snprintf(text, sizeof text, "%.60s %s: %.420s", first->subject,
                 names_name(ledger_state_names, (int)first->state), first->why);
    health_note(group->health, text);
}

static void note_health(const char *subject)
{
    for (const struct group *g = groups; g->prefix != NULL; g++)
        if (span_starts(span_of(subject), span_of(g->prefix)))
            note_group(g);
}

/* Of what this node has nothing: anybody can make up subjects, and their names fill no log. `status` counts them. */
static bool may_say(const struct ledger_status *s)
{
    static int64_t said_ms; /* under the table's lock */
    int64_t now = clock_mono_ms();

    if (s->applied > 0)
        return true;
    if (said_ms != 0 && now - said_ms < UNKNOWN_MS)
        return false;
    said_ms = now;
    return true;
}

static void say(const struct ledger_status *s, enum ledger_state before)
{
    if (is_bad(s) && !may_say(s))
        return;
    if (is_bad(s))
        log_error("cluster: %s %s: %s", s->subject,
                  names_name(ledger_state_names, (int)s->state), s->why);
    else if (s->state == LEDGER_IN_ORDER && before != LEDGER_BEHIND)
        log_info("cluster: %s in order again at entry %llu", s->subject,
                 (unsigned long long)s->applied);
}

static bool put(const struct ledger_status *status)
{
    struct ledger_status *s = find_or_add(span_of(status->subject));
    struct ledger_status before = *s;
    bool is_change;

    *s = *status;
    is_change = before.state != s->state || before.applied != s->applied;
    /* On the way is not yet in order again: what was said stays until it is known better. */
    if (s->state == LEDGER_BEHIND && is_bad(&before) && before.applied == s->applied)
        *s = before;
    else if (before.state != s->state)
        say(s, before.state);
    if (is_change)
        note_health(s->subject);
    pthread_cond_broadcast(&table.changed);
    return is_change;
}

void ledger_table_set(const struct ledger_status *status)
{
    bool is_change;

    pthread_mutex_lock(&table.lock);
    make_cond();
    is_change = put(status);
    pthread_mutex_unlock(&table.lock);
    if (is_change)
        membership_changed();
}

void ledger_table_keep(bool (*is_known)(const void *ctx, const char *subject), const void *ctx)
{
    size_t kept = 0, before;

    pthread_mutex_lock(&table.lock);
    make_cond();
    before = table.count;
    for (size_t i = 0; i < before; i++)
        if (is_known(ctx, table.each[i].subject))
            table.each[kept++] = table.each[i];
    table.count = kept;
    for (const struct group *g = groups; kept < before && g->prefix != NULL; g++)
        note_group(g);
    pthread_mutex_unlock(&table.lock);
    if (kept < before)
        membership_changed();
}

void ledger_table_clear(void)
{
    pthread_mutex_lock(&table.lock);
    make_cond();
    table.count = 0;
    for (const struct group *g = groups; g->prefix != NULL; g++)
        health_note(g->health, "");
    pthread_cond_broadcast(&table.changed);
    pthread_mutex_unlock(&table.lock);
    membership_changed();
}

bool ledger_status(struct span subject, struct ledger_status *status_r)
{
    const struct ledger_status *s;

    pthread_mutex_lock(&table.lock);
    s = find(subject);
    if (s != NULL)
        *status_r = *s;
    pthread_mutex_unlock(&table.lock);
    return s != NULL;
}

size_t ledger_all(struct ledger_status **all_r)
{
    size_t count;

    pthread_mutex_lock(&table.lock);
    count = table.count;
    *all_r = xcalloc(count + 1, sizeof **all_r);
    if (count > 0)
        memcpy(*all_r, table.each, count * sizeof **all_r);
    pthread_mutex_unlock(&table.lock);
    return count;
}

bool ledger_table_wait(struct span subject, uint64_t number, int timeout_ms)
{
    struct timespec until = clock_timespec(clock_mono_ms() + timeout_ms);
    const struct ledger_status *s;
    bool is_applied = false;
    int waited = 0;

    pthread_mutex_lock(&table.lock);
    make_cond();
    while (waited == 0) {
        s = find(subject);
        is_applied = s != NULL && s->applied >= number;
        if (is_applied || (s != NULL && s->state == LEDGER_REFUSED && s->head >= number))
            break;
        waited = pthread_cond_timedwait(&table.changed, &table.lock, &until);
    }
    pthread_mutex_unlock(&table.lock);
    return is_applied;
}
